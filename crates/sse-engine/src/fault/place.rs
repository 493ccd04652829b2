//! Where a fault acts, on the way from the port to the stream.

use super::Act;

/// What a fault acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The port, before anybody can say who they are: it strikes everyone.
    Port,
    /// The answer to a request: another one, a later one, or none.
    Answer,
    /// The head of the stream, or of what is packed or has a length behind it.
    Head,
    /// The place where a client that resumes goes on.
    Resume,
    /// The stream, once it has begun.
    Stream,
    /// Nothing: it stands for other faults.
    Profile,
}

impl Act {
    /// What it acts on.
    pub fn place(&self) -> Place {
        match self {
            Self::Refuse | Self::Knock => Place::Port,
            Self::Status(_)
            | Self::Redirect { .. }
            | Self::Preflight(_)
            | Self::Limit { .. }
            | Self::Wait(_)
            | Self::Never => Place::Answer,
            Self::Type(_)
            | Self::NoCors
            | Self::DropHeader(_)
            | Self::Length(_)
            | Self::Encode { .. } => Place::Head,
            Self::Forget | Self::Rewind(_) | Self::Jump(_) => Place::Resume,
            Self::End(_)
            | Self::Cut(_)
            | Self::Reset(_)
            | Self::Mute
            | Self::Silence
            | Self::Hang
            | Self::Split(_)
            | Self::Merge(_)
            | Self::Dribble(_)
            | Self::Hold(_)
            | Self::Ends(_)
            | Self::Bom(_)
            | Self::BadUtf8
            | Self::NulId
            | Self::BadRetry
            | Self::NoBlank
            | Self::UnknownField
            | Self::Long(_)
            | Self::Corrupt
            | Self::Comment { .. }
            | Self::Repeat(_)
            | Self::Skip(_)
            | Self::Swap
            | Self::Insert(_)
            | Self::Drop(_) => Place::Stream,
            Self::Profile(_) => Place::Profile,
        }
    }

    /// Whether it acts before a stream begins: before its head, or on it.
    pub fn is_of_door(&self) -> bool {
        matches!(self.place(), Place::Port | Place::Answer | Place::Head)
    }

    /// The word of what acts on the port.
    pub fn of_port(&self) -> Option<&'static str> {
        match self {
            Self::Refuse => Some("refuse"),
            Self::Knock => Some("knock"),
            _ => None,
        }
    }

    /// Whether it ends a stream with a reset.
    pub fn is_reset(&self) -> bool {
        matches!(self, Self::Reset(_))
    }

    /// Whether nothing, or no event, is sent while it lasts.
    pub fn is_silence(&self) -> bool {
        matches!(self, Self::Mute | Self::Silence | Self::Hang | Self::Never)
    }

    /// Whether what is sent from then on is not one event of the stream after the other.
    pub fn changes_order(&self) -> bool {
        matches!(
            self,
            Self::Skip(_) | Self::Drop(_) | Self::Swap | Self::Repeat(_) | Self::Insert(_)
        )
    }
}
