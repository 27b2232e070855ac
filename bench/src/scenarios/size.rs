//! The size of the dashboard's WebAssembly, as a browser downloads it.
//!
//! Owns reading it from the release in `dist`. Must not build anything.

use std::path::Path;

use crate::report::Report;

const FOLDER: &str = "dist/site/pkg";
const AIM_BYTES: u64 = 250_000;

/// Reads the sizes if there is a release.
pub(crate) fn run(report: &mut Report) -> anyhow::Result<()> {
    println!("\nsize");
    let folder = Path::new(FOLDER);
    let sizes = if folder.is_dir() { sizes(folder)? } else { vec![] };
    if sizes.is_empty() {
        println!("  no {FOLDER}: `make build` makes it");
    }
    for (name, bytes) in sizes {
        let size = format!("{:.1} kB", kilobytes(bytes));
        println!("  {name:<34} {size:>14}");
        if Path::new(&name).extension().is_some_and(|extension| extension == "br") {
            report.judge("WebAssembly, brotli", size, "≤ 250 kB", bytes <= AIM_BYTES);
        } else {
            report.note("WebAssembly, uncompressed", size);
        }
    }
    Ok(())
}

fn sizes(folder: &Path) -> anyhow::Result<Vec<(String, u64)>> {
    let mut sizes = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".wasm") || name.ends_with(".wasm.br") {
            sizes.push((name, entry.metadata()?.len()));
        }
    }
    sizes.sort();
    Ok(sizes)
}

#[expect(clippy::cast_precision_loss, reason = "a file's size")]
fn kilobytes(bytes: u64) -> f64 {
    bytes as f64 / 1000.0
}
