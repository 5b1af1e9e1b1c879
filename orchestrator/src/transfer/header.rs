//! One block of tar: what stands before a file's bytes (POSIX.1-2001, pax, "ustar Interchange Format"; GNU tar's manual,
//! "Basic Tar Format").

/// A block.
pub(super) const BLOCK: usize = 512;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    HardLink,
    Link,
    Directory,
    /// GNU's: its bytes are the name of the next entry.
    LongName,
    /// GNU's: its bytes are what the next entry links to.
    LongLink,
    /// pax': its bytes are records about the next entry.
    Records,
    /// The same for all that follow.
    GlobalRecords,
    /// A device, a pipe.
    Special,
    /// What can't be read rightly by who doesn't know it.
    Other(u8),
}

/// An entry, as its block has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) name: Vec<u8>,
    pub(super) kind: Kind,
    pub(super) size: u64,
    pub(super) mode: u32,
    /// Seconds since 1970.
    pub(super) modified: u64,
    pub(super) link: Vec<u8>,
}

/// Why a block is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoHeader;

const NAME: usize = 0;
const MODE: usize = 100;
const UID: usize = 108;
const GID: usize = 116;
const SIZE: usize = 124;
const MODIFIED: usize = 136;
const CHECKSUM: usize = 148;
const KIND: usize = 156;
const LINK: usize = 157;
const MAGIC: usize = 257;
const PREFIX: usize = 345;

/// A name that stands in the block itself.
pub(super) const SHORT: usize = 100;

impl Header {
    /// The block; a name or link of more than [`SHORT`] bytes must have gone before it.
    pub(super) fn block(&self) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        put(&mut block, NAME, &self.name, SHORT);
        number(&mut block, MODE, 8, u64::from(self.mode));
        number(&mut block, UID, 8, 0);
        number(&mut block, GID, 8, 0);
        number(&mut block, SIZE, 12, self.size);
        number(&mut block, MODIFIED, 12, self.modified);
        block[KIND] = match self.kind {
            Kind::File => b'0',
            Kind::HardLink => b'1',
            Kind::Link => b'2',
            Kind::Directory => b'5',
            Kind::LongName => b'L',
            Kind::LongLink => b'K',
            Kind::Records => b'x',
            Kind::GlobalRecords => b'g',
            Kind::Special => b'6',
            Kind::Other(letter) => letter,
        };
        put(&mut block, LINK, &self.link, SHORT);
        // GNU's: who knows its long names knows this.
        put(&mut block, MAGIC, b"ustar  \0", 8);
        let sum = format!("{:06o}\0 ", sum(&block));
        put(&mut block, CHECKSUM, sum.as_bytes(), 8);
        block
    }

    /// Reads a block; `None` for one of zeros, which ends an archive.
    pub(super) fn read(block: &[u8; BLOCK]) -> Result<Option<Self>, NoHeader> {
        if block.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        if value(&block[CHECKSUM..CHECKSUM + 8])? != u64::from(sum(block)) {
            return Err(NoHeader);
        }
        let mut name = text(&block[NAME..NAME + SHORT]).to_vec();
        // Only POSIX' has a prefix; in GNU's other things stand there.
        if &block[MAGIC..MAGIC + 6] == b"ustar\0" {
            let prefix = text(&block[PREFIX..PREFIX + 155]);
            if !prefix.is_empty() {
                name = [prefix, b"/", &name].concat();
            }
        }
        let kind = match block[KIND] {
            // Before POSIX a directory was a file whose name ends with a slash.
            0 | b'0' | b'7' if name.ends_with(b"/") => Kind::Directory,
            0 | b'0' | b'7' => Kind::File,
            b'1' => Kind::HardLink,
            b'2' => Kind::Link,
            b'3' | b'4' | b'6' => Kind::Special,
            b'5' => Kind::Directory,
            b'L' => Kind::LongName,
            b'K' => Kind::LongLink,
            b'x' => Kind::Records,
            b'g' => Kind::GlobalRecords,
            other => Kind::Other(other),
        };
        Ok(Some(Self {
            name,
            kind,
            size: value(&block[SIZE..SIZE + 12])?,
            mode: u32::try_from(value(&block[MODE..MODE + 8])? & 0o7777).unwrap_or(0o644),
            modified: value(&block[MODIFIED..MODIFIED + 12]).unwrap_or(0),
            link: text(&block[LINK..LINK + SHORT]).to_vec(),
        }))
    }
}

/// How many bytes follow the last one of an entry, up to a block's end.
pub(super) fn padding(size: u64) -> usize {
    let over = usize::try_from(size % BLOCK as u64).unwrap_or(0);
    if over == 0 { 0 } else { BLOCK - over }
}

fn put(block: &mut [u8; BLOCK], at: usize, bytes: &[u8], room: usize) {
    let length = bytes.len().min(room);
    block[at..at + length].copy_from_slice(&bytes[..length]);
}

/// Octal digits; what is too large for them in base 256, which GNU began.
fn number(block: &mut [u8; BLOCK], at: usize, width: usize, value: u64) {
    let digits = width - 1;
    if value < 1 << (3 * digits.min(20)) {
        let text = format!("{value:0digits$o}\0");
        put(block, at, text.as_bytes(), width);
        return;
    }
    block[at] = 0x80;
    block[at + width - 8..at + width].copy_from_slice(&value.to_be_bytes());
}

fn value(field: &[u8]) -> Result<u64, NoHeader> {
    if field.first().is_some_and(|byte| byte & 0x80 != 0) {
        let (before, last) = field.split_at(field.len() - 8);
        if before.iter().any(|byte| !matches!(byte, 0 | 0x80)) && field.len() > 8 {
            return Err(NoHeader);
        }
        let mut bytes: [u8; 8] = last.try_into().map_err(|_| NoHeader)?;
        if field.len() == 8 {
            bytes[0] &= 0x7f;
        }
        return Ok(u64::from_be_bytes(bytes));
    }
    let is_digit = |byte: &u8| (b'0'..=b'7').contains(byte);
    let digits: Vec<u8> =
        field.iter().copied().skip_while(|byte| *byte == b' ').take_while(is_digit).collect();
    if digits.is_empty() {
        return Ok(0);
    }
    let text = std::str::from_utf8(&digits).map_err(|_| NoHeader)?;
    u64::from_str_radix(text, 8).map_err(|_| NoHeader)
}

fn text(field: &[u8]) -> &[u8] {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    &field[..end]
}

/// The sum of all bytes, with blanks for itself.
fn sum(block: &[u8; BLOCK]) -> u32 {
    let others = block[..CHECKSUM].iter().chain(&block[CHECKSUM + 8..]);
    others.map(|byte| u32::from(*byte)).sum::<u32>() + 8 * u32::from(b' ')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(
            name in proptest::collection::vec(1_u8.., 1..=100),
            link in proptest::collection::vec(1_u8.., 0..=100),
            size: u64, mode in 0..0o10000_u32, modified: u64,
        ) {
            let kind = Kind::Link;
            let header = Header { name, kind, size, mode, modified, link };
            prop_assert_eq!(Header::read(&header.block()), Ok(Some(header)));
        }

        #[test]
        fn noise_is_refused_or_read_and_never_a_crash(noise in proptest::collection::vec(any::<u8>(), 512)) {
            let block: [u8; 512] = noise.try_into().unwrap();
            prop_assert!(Header::read(&block).is_err() || block[0] == 0);
        }
    }
}
