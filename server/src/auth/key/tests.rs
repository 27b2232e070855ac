//! Which configured keys are accepted. All of these keys were made for the tests.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::*;

const RSA_1024: &str = include_str!("rsa_1024.pem");
const RSA_2048_PKCS1: &str = "-----BEGIN RSA PUBLIC KEY-----
MIIBCgKCAQEA2Oim0/JWiC8Mm3DOk84pQHjTAGi4kpWRI4U9XQxXK++PJEELwSiK
T0e31BZ3aJckgOEES3VZh/vGcJEkNwXubFzVmX80pcJjrfP5zKEwa4fKBzMQ+3N6
TWSv7KSx9XTPZvrx8TNJiZJWdVcGy2Ln6wKm3/6TB4o8fM2rhoBVFhoxFdqMi9bi
kYvw/7+FgvlPuiTB5f0cF4l5B2TNS/jooNbJ+qvCJT6w0pmNM6hLKxV5/+w83izB
dvqI2jc/0NRmDhfmNIr0G/wsfrDvDb4LKL9ExRXHdCg4uZzlA4WCkB6TMdOunZ3T
Qx9GaNle6LOVnYGcvCy98jZcgh59DNrZNwIDAQAB
-----END RSA PUBLIC KEY-----";

const P384: &str = "-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEKBPHMr0gkUzWV6MrL3CGSUDI1wpxyy5k
3Z8rd/lmMBrLddwTLAzJIw/MbQIIDTct/lgX+ErFsTjgvadZgb0/8hcIT3NtkwzC
BFifXhOotOY9K8vVs40/EOng1kW9GRlw
-----END PUBLIC KEY-----";

const SECP256K1: &str = "-----BEGIN PUBLIC KEY-----
MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEJ/+phrfQcm9thFiqnosLcNdwKR6aiKOV
dsZAFD8zNJI0eiR9S/siV+B7XjCzvQeHKCUuqWu12+DZql7vvemMeg==
-----END PUBLIC KEY-----";

const X25519: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VuAyEAKzmA/sI0/Ii4ufYQvXUDOB1fgbbZSAljoxjn0WeqhjI=
-----END PUBLIC KEY-----";

const ED448: &str = "-----BEGIN PUBLIC KEY-----
MEMwBQYDK2VxAzoALFRazsPUbu0Wqag9+9m7bZ6JLyx9DQ+rKfShTSy2Xl5VlNV2
crxFVASqB9O+hzD1kdwMpPqsk2sA
-----END PUBLIC KEY-----";

const ED25519: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEADxNcBknZKQcmWLj0FevHaNtkIdrVMrJYLCzjWBpgB3I=
-----END PUBLIC KEY-----";

const P256_CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----
MIIBbzCCARWgAwIBAgIUcadF2s8HtnXseKhemD4YtnJ2CRcwCgYIKoZIzj0EAwIw
DDEKMAgGA1UEAwwBeDAgFw0yNjExMjUyMDEyMThaGA8yMTI2MTEwMTIwMTIxOFow
DDEKMAgGA1UEAwwBeDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABIMtKp9btdYn
Axjt1FwxGW8175lSxngSDzeLKG6muOxxmGQus5r+caCEFHDnALPxGKQf7KjC5G8k
i3CGuXiqQZ2jUzBRMB0GA1UdDgQWBBTbDG3UxUFgwMLeqrD4HQu7nXLXAzAfBgNV
HSMEGDAWgBTbDG3UxUFgwMLeqrD4HQu7nXLXAzAPBgNVHRMBAf8EBTADAQH/MAoG
CCqGSM49BAMCA0gAMEUCIQDvzfVYLVCdqmuQBcpCJL5OnbRY3M8HTnd2l7el88Pj
8QIgWjkcQArhsaR1ejFefuzKh/xcWAhR4oVIyqb7iU3Xgbo=
-----END CERTIFICATE-----";

fn refused(pem: &str) -> Option<KeyError> {
    PublicKey::from_pem(pem).err()
}

#[test]
fn a_pem_is_a_key_for_one_algorithm() {
    let algorithm = |pem: &str| PublicKey::from_pem(pem).map(|key| key.algorithm());
    assert_eq!(algorithm(RSA_2048_PKCS1), Ok(Algorithm::Rs256));
    assert_eq!(algorithm(P256_CERTIFICATE), Ok(Algorithm::Es256));
    assert_eq!(algorithm(ED25519), Ok(Algorithm::EdDsa));
}

#[test]
fn an_rsa_key_of_1024_bits_is_refused() {
    assert_eq!(refused(RSA_1024), Some(KeyError::RsaSize));
}

#[test]
fn keys_of_other_curves_are_refused() {
    for pem in [P384, SECP256K1, X25519, ED448] {
        assert_eq!(refused(pem), Some(KeyError::Unreadable), "{pem}");
    }
}

#[test]
fn a_key_is_good_for_its_own_algorithm_whatever_a_header_says_as_rfc_8725_3_1_demands() {
    let pair = Ed25519KeyPair::generate().expect("a pair");
    let key = PublicKey::ed25519(pair.public_key().as_ref()).expect("a key");
    let has_signed = |algorithm: &str| {
        let signed = format!("{}.e30", URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"{algorithm}"}}"#)));
        let signature = URL_SAFE_NO_PAD.encode(pair.sign(signed.as_bytes()));
        key.has_signed(&Jws::parse(&format!("{signed}.{signature}")).expect("a token"))
    };
    assert!(has_signed("EdDSA") && has_signed("Ed25519"));
    assert!(!has_signed("ES256") && !has_signed("RS256") && !has_signed("HS256"));
}

#[test]
fn a_point_beside_its_curve_is_refused() {
    let certificate = P256_CERTIFICATE.replace("xxmGQ", "xxmGR");
    assert_ne!(certificate, P256_CERTIFICATE);
    assert_eq!(refused(&certificate), Some(KeyError::Unreadable));
}

#[test]
fn a_private_key_is_no_public_key() {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a pair");
    let der = STANDARD.encode(pair.to_pkcs8v1().expect("its encoding"));
    for label in ["PRIVATE KEY", "EC PRIVATE KEY"] {
        let pem = format!("-----BEGIN {label}-----\n{der}\n-----END {label}-----\n");
        assert_eq!(refused(&pem), Some(KeyError::Unreadable), "{label}");
    }
}

#[test]
fn of_several_keys_none_is_chosen_in_silence() {
    assert_eq!(refused(&format!("{ED25519}\n{RSA_2048_PKCS1}")), Some(KeyError::Several));
}

#[test]
fn what_is_no_pem_is_refused() {
    for text in ["", "MCowBQYDK2VwAyEADxNcBknZKQcmWLj0FevHaNtkIdrVMrJYLCzjWBpgB3I=", &ED25519[..60]] {
        assert_eq!(refused(text), Some(KeyError::Unreadable), "{text}");
    }
}

#[test]
fn a_secret_has_32_bytes_as_rfc_7518_3_2_demands() {
    assert!(HmacKey::new(&[7; 32]).is_ok());
    for short in [&[7; 31][..], &[]] {
        assert_eq!(HmacKey::new(short).err(), Some(KeyError::ShortSecret));
    }
}

#[test]
fn a_key_of_the_broken_generator_is_refused() {
    // 65537^127 has 2,033 bits, 65537^128 has 2,049.
    let mut power = vec![1_u8];
    for _ in 0..128 {
        let mut carry = 0_u32;
        for digit in &mut power {
            carry += u32::from(*digit) * 65537;
            *digit = (carry & 0xff) as u8;
            carry >>= 8;
        }
        while carry > 0 {
            power.push((carry & 0xff) as u8);
            carry >>= 8;
        }
    }
    power.reverse();
    assert_eq!(PublicKey::rsa(&power, &[1, 0, 1]).err(), Some(KeyError::WeakRsa));
    power[128] ^= 1;
    assert!(PublicKey::rsa(&power, &[1, 0, 1]).is_ok());
}
