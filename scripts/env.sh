# Sourced by every other script and by the Makefile's recipes: puts the tools that scripts/setup
# installed on PATH and picks the Rust toolchain that can build for WebAssembly.
# It installs nothing and prints nothing.

TALLYWIRE_TOOLS="${TALLYWIRE_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/tallywire/tools}"
export TALLYWIRE_TOOLS

# Fuzz targets are built with other flags, so in a separate folder.
TALLYWIRE_FUZZ_TARGET="${TALLYWIRE_FUZZ_TARGET:-${CARGO_TARGET_DIR:+$(dirname "$CARGO_TARGET_DIR")/fuzz}}"
TALLYWIRE_FUZZ_TARGET="${TALLYWIRE_FUZZ_TARGET:-$PWD/fuzz/target}"
export TALLYWIRE_FUZZ_TARGET

# The pinned versions, in one place.
CARGO_DENY_VERSION=0.20.2
CARGO_FUZZ_VERSION=0.13.2
CARGO_LEPTOS_VERSION=0.3.11
CARGO_SHEAR_VERSION=1.14.0
BINARYEN_VERSION=132.0.0
WASM_BINDGEN_VERSION=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/[",]/, "", $3); print $3 }' Cargo.lock)
export CARGO_DENY_VERSION CARGO_FUZZ_VERSION CARGO_LEPTOS_VERSION CARGO_SHEAR_VERSION BINARYEN_VERSION WASM_BINDGEN_VERSION

PATH="$TALLYWIRE_TOOLS/wasm-bindgen-$WASM_BINDGEN_VERSION/bin:$TALLYWIRE_TOOLS/binaryen-$BINARYEN_VERSION/node_modules/.bin:$TALLYWIRE_TOOLS/cargo-leptos/bin:$TALLYWIRE_TOOLS/cargo-fuzz-$CARGO_FUZZ_VERSION/bin:$TALLYWIRE_TOOLS/cargo-deny-$CARGO_DENY_VERSION/bin:$TALLYWIRE_TOOLS/cargo-shear-$CARGO_SHEAR_VERSION/bin:$HOME/.cargo/bin:$PATH"
export PATH

# Whether the compiler in use ($1: a rustup toolchain, empty for the default) has the WebAssembly library.
has_wasm_target() {
    local libdir
    libdir=$(RUSTUP_TOOLCHAIN="${1:-${RUSTUP_TOOLCHAIN:-}}" rustc --print target-libdir --target wasm32-unknown-unknown 2>/dev/null) || return 1
    ls "$libdir"/libcore-*.rlib >/dev/null 2>&1
}

# An empty RUSTUP_TOOLCHAIN is an error to rustup.
[ -n "${RUSTUP_TOOLCHAIN:-}" ] || unset RUSTUP_TOOLCHAIN

# rust-toolchain.toml pins the compiler. A machine whose `stable` has that version uses it without a download; on other
# machines rustup downloads it.
RUST_VERSION=$(awk -F'"' '/^channel/ { print $2 }' rust-toolchain.toml)
if [ -z "${RUSTUP_TOOLCHAIN:-}" ] && command -v rustup >/dev/null 2>&1 &&
    [ "$(RUSTUP_TOOLCHAIN=stable rustc --version 2>/dev/null | awk '{ print $2 }')" = "$RUST_VERSION" ]; then
    export RUSTUP_TOOLCHAIN=stable
fi

# If rustup cannot fetch the target, scripts/setup builds it for Debian's compiler and links that as the toolchain
# "debian"; without rustup, /usr/bin at the front of PATH does the same.
if ! has_wasm_target ""; then
    if command -v rustup >/dev/null 2>&1; then
        if rustup toolchain list 2>/dev/null | grep -q '^debian'; then
            export RUSTUP_TOOLCHAIN=debian
        fi
    elif [ -x /usr/bin/rustc ]; then
        export PATH="/usr/bin:$PATH"
    fi
fi
