//! A hash that is the same in every process, build and compiler.

/// FNV-1a, 64 bits (Fowler, Noll and Vo).
pub(crate) const fn fnv(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut ix = 0;
    while ix < bytes.len() {
        hash = (hash ^ bytes[ix] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        ix += 1;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::fnv;

    #[test]
    fn hashes_match_the_reference_vectors() {
        // From the reference implementation's test vectors.
        assert_eq!(fnv(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
