//! The GOAWAY of a server of HTTP/2, found among its frames.
//!
//! A stream that the server counts as done ends with the connection, and the library that speaks
//! HTTP/2 then no longer says why the connection was closed. The frame does.

/// How long the head of a frame is (RFC 9113 4.1).
const HEAD: usize = 9;

/// How long the part of GOAWAY is that each has: the last stream, and the code.
const FIXED: usize = 8;

/// The type of GOAWAY (RFC 9113 6.8).
const GO_AWAY: u8 = 7;

/// Finds GOAWAY in what comes, wherever it is cut. It holds a few bytes.
#[derive(Debug, Default)]
pub(crate) struct GoAway {
    /// The head of a frame, and for GOAWAY what each has.
    start: Vec<u8>,
    /// So many bytes of a frame are still to come.
    rest: usize,
    /// The code of the last one.
    code: Option<u32>,
}

impl GoAway {
    /// The code of its error, where one came.
    pub(crate) fn code(&self) -> Option<u32> {
        self.code
    }

    pub(crate) fn read(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let skipped = self.rest.min(bytes.len());
            self.rest -= skipped;
            bytes = &bytes[skipped..];
            let wanted = match self.start.len() {
                0..HEAD => HEAD,
                _ => HEAD + FIXED,
            };
            let taken = bytes.len().min(wanted - self.start.len());
            self.start.extend_from_slice(&bytes[..taken]);
            bytes = &bytes[taken..];
            if self.start.len() == wanted {
                self.started();
            }
        }
    }

    /// Looks at the start of a frame.
    fn started(&mut self) {
        let number = |bytes: &[u8]| {
            bytes
                .iter()
                .fold(0, |sum, byte| sum << 8 | u32::from(*byte))
        };
        let length = number(&self.start[..3]) as usize;
        let is_go_away = self.start[3] == GO_AWAY && length >= FIXED;
        if is_go_away && self.start.len() == HEAD {
            return;
        }
        if is_go_away {
            self.code = Some(number(&self.start[HEAD + 4..]));
        }
        self.rest = length - (self.start.len() - HEAD);
        self.start.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_found_wherever_it_is_cut_and_nothing_else_is_taken_for_it() {
        let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
        let data = [
            &[0, 0, 17, 0, 0, 0, 0, 0, 1][..],
            &[0, 0, 8, 7, 0, 0, 0, 0, 0],
            &[7; 8],
        ];
        let short = [0, 0, 1, 7, 0, 0, 0, 0, 0, 7];
        let before = [&settings[..], &data.concat(), &short].concat();
        let frame = [
            &[0, 0, 10, 7, 0, 0, 0, 0, 0][..],
            &[0, 0, 0, 1, 0, 0, 1, 11],
            b"hi",
        ]
        .concat();
        let mut none = GoAway::default();
        none.read(&before);
        assert_eq!(none.code(), None);
        let all = [before, frame, settings.to_vec()].concat();
        for size in 1..=all.len() {
            let mut found = GoAway::default();
            all.chunks(size).for_each(|piece| found.read(piece));
            assert_eq!(found.code(), Some(0x10B), "{size}");
            assert!(found.start.is_empty() && found.rest == 0);
        }
    }
}
