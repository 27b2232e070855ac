//! RSA keys of a vulnerable generator (ROCA, CVE-2017-15361).
//!
//! Owns detecting them: modulo each small prime, their modulus is a power of 65537. The private half of such a key can
//! be computed from the public one. One in 2^27 good keys is a false positive.

const PRIMES: [u32; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109,
    113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/// Whether a modulus (big-endian bytes) has the generator's mark.
pub(super) fn is_weak(modulus: &[u8]) -> bool {
    PRIMES.iter().all(|prime| is_power_of_generator(remainder(modulus, *prime), *prime))
}

fn remainder(number: &[u8], prime: u32) -> u32 {
    number.iter().fold(0, |rest, byte| (rest * 256 + u32::from(*byte)) % prime)
}

fn is_power_of_generator(rest: u32, prime: u32) -> bool {
    let mut power = 1;
    loop {
        if power == rest {
            return true;
        }
        power = power * (65537 % prime) % prime;
        if power == 1 {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_power_of_the_generator_to_every_small_prime_is_its_mark() {
        // 65537^5.
        let mut marked = 65537_u128.pow(5).to_be_bytes().to_vec();
        assert!(is_weak(&marked));
        *marked.last_mut().expect("a byte") += 2;
        assert!(!is_weak(&marked));
        assert!(!is_weak(&[0xff; 256]));
    }
}
