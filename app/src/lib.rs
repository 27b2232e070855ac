#[cfg(feature = "ssr")]
pub mod backend;
