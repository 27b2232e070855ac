//! IP addresses as keys of limits.
//!
//! Owns which addresses count as the same. Must not count anything.

use std::net::{IpAddr, Ipv6Addr};

/// The key under which limits count an address. An IPv6 address counts as its /64: an internet provider's customer has
/// at least that much (RFC 6177) and can call from any address in it.
pub fn limit_key(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        address => address,
    }
}
