//! The checksum of POSIX `cksum`, which every host can count.

/// Its polynomial (IEEE Std 1003.1, cksum).
const POLYNOMIAL: u32 = 0x04c1_1db7;

const TABLE: [u32; 256] = table();

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0_u32;
    while byte < 256 {
        let mut sum = byte << 24;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum & 0x8000_0000 == 0 { sum << 1 } else { (sum << 1) ^ POLYNOMIAL };
            bit += 1;
        }
        table[byte as usize] = sum;
        byte += 1;
    }
    table
}

/// What `cksum` says of `bytes`: of them, and of their number behind them.
pub(crate) fn cksum(bytes: &[u8]) -> u32 {
    let step = |sum: u32, byte: u8| (sum << 8) ^ TABLE[usize::from((sum >> 24) as u8 ^ byte)];
    let mut sum = bytes.iter().fold(0, |sum, byte| step(sum, *byte));
    let mut length = bytes.len();
    while length > 0 {
        sum = step(sum, (length & 0xff) as u8);
        length >>= 8;
    }
    !sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_the_program_says() {
        assert_eq!(cksum(b""), 4_294_967_295);
        assert_eq!(cksum(b"abc\n"), 1_112_837_078);
        assert_eq!(cksum(&[0; 70_000]), 1_774_371_287);
    }
}
