//! SFTP's packets, version 3 (draft-ietf-secsh-filexfer-02): what OpenSSH speaks. Names and handles are bytes, which the
//! clients that there are don't keep: they make text of them.

/// Kinds of packets.
pub(crate) mod kind {
    pub const INIT: u8 = 1;
    pub const VERSION: u8 = 2;
    pub const OPEN: u8 = 3;
    pub const CLOSE: u8 = 4;
    pub const READ: u8 = 5;
    pub const WRITE: u8 = 6;
    pub const LSTAT: u8 = 7;
    pub const FSTAT: u8 = 8;
    pub const SETSTAT: u8 = 9;
    pub const FSETSTAT: u8 = 10;
    pub const OPENDIR: u8 = 11;
    pub const READDIR: u8 = 12;
    pub const REMOVE: u8 = 13;
    pub const MKDIR: u8 = 14;
    pub const RMDIR: u8 = 15;
    pub const REALPATH: u8 = 16;
    pub const STAT: u8 = 17;
    pub const RENAME: u8 = 18;
    pub const READLINK: u8 = 19;
    pub const SYMLINK: u8 = 20;
    pub const STATUS: u8 = 101;
    pub const HANDLE: u8 = 102;
    pub const DATA: u8 = 103;
    pub const NAME: u8 = 104;
    pub const ATTRS: u8 = 105;
    pub const EXTENDED: u8 = 200;
    pub const EXTENDED_REPLY: u8 = 201;
}

/// What a status says.
pub(crate) mod status {
    pub const OK: u32 = 0;
    pub const EOF: u32 = 1;
    pub const NO_SUCH_FILE: u32 = 2;
    pub const PERMISSION_DENIED: u32 = 3;
}

/// How a file is opened.
pub(crate) mod flag {
    pub const READ: u32 = 1;
    pub const WRITE: u32 = 2;
    pub const CREATE: u32 = 8;
    pub const EXCLUSIVE: u32 = 32;
}

const HAS_SIZE: u32 = 1;
const HAS_OWNER: u32 = 2;
const HAS_MODE: u32 = 4;
const HAS_TIMES: u32 = 8;
const HAS_MORE: u32 = 0x8000_0000;

/// What is not to be read as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Garbled;

/// What a server knows of a file, as far as it says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attrs {
    pub(crate) size: Option<u64>,
    /// User and group, by their numbers.
    pub(crate) owner: Option<(u32, u32)>,
    /// With the kind of file, as `st_mode` has it.
    pub(crate) mode: Option<u32>,
    /// Read and changed, in seconds since 1970.
    pub(crate) times: Option<(u32, u32)>,
}

const KIND: u32 = 0o170_000;
const DIRECTORY: u32 = 0o040_000;
const REGULAR: u32 = 0o100_000;
const LINK: u32 = 0o120_000;

impl Attrs {
    /// A server that doesn't say what something is has files alone.
    fn kind(&self) -> u32 {
        self.mode.unwrap_or(REGULAR) & KIND
    }

    pub(crate) fn is_directory(&self) -> bool {
        self.kind() == DIRECTORY
    }

    pub(crate) fn is_file(&self) -> bool {
        self.kind() == REGULAR
    }

    pub(crate) fn is_link(&self) -> bool {
        self.kind() == LINK
    }

    /// Whether an account that owns `own` may not write this, as far as owner and mode say: nobody tells its groups. The system's
    /// administrator is asked for no mode.
    pub(crate) fn keeps_out(&self, own: &Self) -> bool {
        let (Some((theirs, _)), Some((ours, _)), Some(mode)) = (self.owner, own.owner, self.mode)
        else {
            return false;
        };
        ours != 0 && mode & if ours == theirs { 0o200 } else { 0o022 } == 0
    }

    /// When it was changed, in seconds since 1970.
    pub(crate) fn changed(&self) -> Option<u32> {
        self.times.map(|(_, changed)| changed)
    }
}

/// The body of a packet that is being written.
#[derive(Debug, Default)]
pub(crate) struct Body(pub(crate) Vec<u8>);

impl Body {
    pub(crate) fn number(mut self, number: u32) -> Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    pub(crate) fn long(mut self, number: u64) -> Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    pub(crate) fn bytes(self, bytes: &[u8]) -> Self {
        // A packet's length is 32 bits, and none of ours comes near.
        let mut body = self.number(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        body.0.extend_from_slice(bytes);
        body
    }

    pub(crate) fn attrs(self, attrs: &Attrs) -> Self {
        let flags = [
            (attrs.size.is_some(), HAS_SIZE),
            (attrs.owner.is_some(), HAS_OWNER),
            (attrs.mode.is_some(), HAS_MODE),
            (attrs.times.is_some(), HAS_TIMES),
        ];
        let flags = flags.iter().filter(|(has, _)| *has).map(|(_, flag)| flag).sum();
        let mut body = self.number(flags);
        if let Some(size) = attrs.size {
            body = body.long(size);
        }
        if let Some((user, group)) = attrs.owner {
            body = body.number(user).number(group);
        }
        if let Some(mode) = attrs.mode {
            body = body.number(mode);
        }
        if let Some((read, changed)) = attrs.times {
            body = body.number(read).number(changed);
        }
        body
    }
}

/// The body of a packet that is being read.
#[derive(Debug)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Garbled> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Garbled)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn number(&mut self) -> Result<u32, Garbled> {
        let bytes = self.take(4)?.try_into().map_err(|_| Garbled)?;
        Ok(u32::from_be_bytes(bytes))
    }

    pub(crate) fn long(&mut self) -> Result<u64, Garbled> {
        let bytes = self.take(8)?.try_into().map_err(|_| Garbled)?;
        Ok(u64::from_be_bytes(bytes))
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Garbled> {
        let length = self.number()?;
        self.take(usize::try_from(length).map_err(|_| Garbled)?)
    }

    pub(crate) fn attrs(&mut self) -> Result<Attrs, Garbled> {
        let flags = self.number()?;
        let mut attrs = Attrs::default();
        if flags & HAS_SIZE != 0 {
            attrs.size = Some(self.long()?);
        }
        if flags & HAS_OWNER != 0 {
            attrs.owner = Some((self.number()?, self.number()?));
        }
        if flags & HAS_MODE != 0 {
            attrs.mode = Some(self.number()?);
        }
        if flags & HAS_TIMES != 0 {
            attrs.times = Some((self.number()?, self.number()?));
        }
        if flags & HAS_MORE != 0 {
            for _ in 0..self.number()? {
                self.bytes()?;
                self.bytes()?;
            }
        }
        Ok(attrs)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(
            size: Option<u64>, owner: Option<(u32, u32)>, mode: Option<u32>,
            times: Option<(u32, u32)>, name: Vec<u8>,
        ) {
            let attrs = Attrs { size, owner, mode, times };
            let body = Body::default().bytes(&name).attrs(&attrs).long(7);
            let mut reader = Reader(&body.0);
            prop_assert_eq!(reader.bytes().unwrap(), &name[..]);
            prop_assert_eq!(reader.attrs().unwrap(), attrs);
            prop_assert_eq!(reader.long().unwrap(), 7);
            prop_assert!(reader.is_empty());
        }

        #[test]
        fn noise_is_refused_and_never_a_crash(noise: Vec<u8>) {
            let mut reader = Reader(&noise);
            while reader.attrs().is_ok() && !reader.is_empty() {}
            let mut reader = Reader(&noise);
            while reader.bytes().is_ok() && !reader.is_empty() {}
        }
    }
}
