//! The process's heap.
//!
//! Owns returning its free pages to the operating system, and the one call outside Rust that this needs. Must not
//! decide when.
//!
//! The allocator of the GNU C library keeps freed memory: of the memory of 5,000 sockets that had left, 98 % stayed
//! with the process for good, and 6 % after this call.

#![deny(unsafe_code)]

/// Returns the free pages of all arenas to the operating system; `true` if there were any. Takes milliseconds for each
/// 100 MB, in which other threads may have to wait for memory. Other C libraries have no such call: there it does
/// nothing.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn give_back() -> bool {
    #[expect(unsafe_code, reason = "a function of the C library")]
    // SAFETY: `malloc_trim` takes a number and no pointer, any thread may call it at any time (MT-Safe in
    // malloc_trim(3)), and it releases only pages in which nothing is allocated.
    let released = unsafe { libc::malloc_trim(0) };
    released == 1
}

/// Does nothing: this C library has no such call.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn give_back() -> bool {
    false
}

#[cfg(test)]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod tests {
    use super::*;

    fn resident_kib() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").expect("a status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
        line.split_whitespace().next().expect("a number").parse().expect("a number")
    }

    #[test]
    fn what_is_freed_among_what_is_still_in_use_goes_back_to_the_system() {
        // Too small for separate mappings; every hundredth stays, so that the heap does not shrink without the call.
        let mut blocks: Vec<Option<Vec<u8>>> = (0..20_000).map(|_| Some(vec![1; 4096])).collect();
        let full = resident_kib();
        for (number, block) in blocks.iter_mut().enumerate() {
            if number % 100 != 0 {
                *block = None;
            }
        }
        let freed = resident_kib();
        assert!(give_back());
        let after = resident_kib();
        assert!(full - freed < 40_000 && freed - after > 40_000, "{full} KiB, then {freed}, then {after}");
        assert!(blocks.iter().flatten().all(|block| block.iter().all(|byte| *byte == 1)));
    }
}
