//! Prints a fault in its canonical spelling.

use std::fmt::{self, Display, Write as _};
use std::time::Duration;

use super::read::{CERTAIN, ENDS};
use super::{Act, Ending, Fault, Half, Hold, Split, When};

impl Display for Fault {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Printer(String::new());
        text.act(&self.act);
        match &self.when {
            None => {}
            Some(When::Events(events)) => text.key("after", events),
            Some(When::Time(time)) => text.key("after", Time(*time)),
            Some(When::Bytes(bytes)) => text.key("after", format_args!("{bytes}B")),
            Some(When::Text(words)) => text.key("after", format_args!("{}", Quoted(words))),
            Some(When::Idle(time)) => text.key("idle", Time(*time)),
        }
        if !self.start.is_zero() {
            text.key("start", Time(self.start));
        }
        match self.often.attempts {
            None => {}
            Some((first, last)) if first == last => text.key("attempt", first),
            Some((first, last)) => text.key("attempt", format_args!("{first}..{last}")),
        }
        text.maybe("times", self.often.times);
        text.maybe("p", self.often.chance.map(Chance));
        text.maybe("seed", self.often.seed);
        text.maybe("stream", self.who.stream.as_deref().map(Text));
        text.maybe("client", self.who.client.as_deref().map(Text));
        text.maybe("room", self.who.room.as_deref().map(Text));
        text.maybe("connection", self.who.connection);
        text.maybe("for", self.lasts.map(Time));
        to.write_str(&text.0)
    }
}

struct Printer(String);

impl Printer {
    fn word(&mut self, word: &str) {
        self.0.push_str(word);
    }

    fn value(&mut self, word: &str, value: impl Display) {
        let _ = write!(self.0, "{word}={value}");
    }

    fn key(&mut self, key: &str, value: impl Display) {
        let _ = write!(self.0, ",{key}={value}");
    }

    fn maybe(&mut self, key: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.key(key, value);
        }
    }

    /// A word whose value is left out where it is 1.
    fn often(&mut self, word: &str, times: u64) {
        match times {
            1 => self.word(word),
            _ => self.value(word, times),
        }
    }

    fn ending(&mut self, word: &str, ending: Ending) {
        self.word(word);
        match ending.half {
            None => {}
            Some(Half::Bytes) => self.word(",half"),
            Some(Half::Id) => self.key("half", "id"),
        }
        if !ending.linger.is_zero() {
            self.key("linger", Time(ending.linger));
        }
    }

    fn act(&mut self, act: &Act) {
        match act {
            Act::Status(answer) => {
                self.value("status", answer.code);
                self.maybe("body", answer.body.as_deref().map(Text));
                self.maybe("type", answer.media_type.as_deref().map(Text));
                self.maybe("retry-after", answer.retry_after);
                self.maybe("header", answer.header.as_deref().map(Text));
            }
            Act::Redirect { to, code } => {
                match to {
                    None => self.word("redirect"),
                    Some(to) => self.value("redirect", Text(to)),
                }
                self.maybe("code", Some(code).filter(|code| **code != 302));
            }
            Act::Type(None) => self.word("type=none"),
            // The type of that name.
            Act::Type(Some(of)) if of == "none" => self.value("type", Quoted(of)),
            Act::Type(Some(of)) => self.value("type", Text(of)),
            Act::NoCors => self.word("no-cors"),
            Act::Preflight(status) => self.value("preflight", status),
            Act::DropHeader(name) => self.value("drop-header", Text(name)),
            Act::Wait(time) => self.value("wait", Time(*time)),
            Act::Never => self.word("never"),
            Act::Refuse => self.word("refuse"),
            Act::Knock => self.word("knock"),
            Act::Limit {
                most,
                status,
                retry_after,
            } => {
                self.value("limit", most);
                self.maybe("status", Some(status).filter(|status| **status != 503));
                self.maybe("retry-after", *retry_after);
            }
            Act::Encode { flushes } => {
                self.word("encode=gzip");
                self.maybe("flush", (!flushes).then_some("never"));
            }
            Act::Length(length) => self.value("length", length),
            Act::End(ending) => self.ending("end", *ending),
            Act::Cut(ending) => self.ending("cut", *ending),
            Act::Reset(ending) => self.ending("reset", *ending),
            Act::Mute => self.word("mute"),
            Act::Silence => self.word("silence"),
            Act::Hang => self.word("hang"),
            Act::Split(Split::Each) => self.word("split=each"),
            Act::Split(Split::Utf8) => self.word("split=utf8"),
            Act::Split(Split::CrLf) => self.word("split=crlf"),
            Act::Split(Split::Bytes(bytes)) => self.value("split", bytes),
            Act::Merge(events) => self.value("merge", events),
            Act::Dribble(bytes) => self.value("dribble", format_args!("{bytes}B/s")),
            Act::Hold(Hold::Bytes(bytes)) => self.value("hold", format_args!("{bytes}B")),
            Act::Hold(Hold::Events(events)) => self.value("hold", format_args!("{events}ev")),
            Act::Hold(Hold::End) => self.word("hold=end"),
            Act::Ends(ends) => {
                let named = ENDS.iter().find(|(_, of)| of == ends);
                self.value("ends", named.map_or("lf", |(name, _)| *name));
            }
            Act::Bom(times) => self.often("bom", *times),
            Act::BadUtf8 => self.word("bad-utf8"),
            Act::NulId => self.word("nul-id"),
            Act::BadRetry => self.word("bad-retry"),
            Act::NoBlank => self.word("no-blank"),
            Act::UnknownField => self.word("unknown-field"),
            Act::Long(bytes) => self.value("long", format_args!("{bytes}B")),
            Act::Corrupt => self.word("corrupt"),
            Act::Comment { text, blank } => {
                match &**text {
                    "" => self.word("comment"),
                    text => self.value("comment", Text(text)),
                }
                self.maybe("blank", (!blank).then_some("false"));
            }
            Act::Repeat(times) => self.often("repeat", *times),
            Act::Skip(events) => self.often("skip", *events),
            Act::Swap => self.word("swap"),
            Act::Forget => self.word("forget"),
            Act::Rewind(events) => self.value("rewind", events),
            Act::Jump(events) => self.value("jump", events),
            Act::Insert(data) => self.value("insert", Text(data)),
            Act::Drop(text) => self.value("drop", Text(text)),
            Act::Profile(name) => self.value("profile", Text(name)),
        }
    }
}

/// Whole seconds, or else milliseconds.
struct Time(Duration);

impl Display for Time {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// A number has nine digits at most.
        const MOST_MILLIS: u128 = 999_999_999;
        match self.0.subsec_millis() {
            0 => write!(to, "{}s", self.0.as_secs()),
            millis if self.0.as_millis() > MOST_MILLIS => {
                write!(to, "{}s{millis}ms", self.0.as_secs())
            }
            _ => write!(to, "{}ms", self.0.as_millis()),
        }
    }
}

/// A chance in millionths, as a decimal number without zeros at its end.
struct Chance(u32);

impl Display for Chance {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 >= CERTAIN {
            return to.write_str("1");
        }
        let digits = format!("0.{:06}", self.0);
        to.write_str(digits.trim_end_matches('0'))
    }
}

/// A value, in quotes where it needs them.
struct Text<'a>(&'a str);

impl Display for Text<'_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0;
        let plain = !text.is_empty()
            && !text.contains(',')
            && !text.starts_with([' ', '"'])
            && !text.ends_with(' ');
        match plain {
            true => to.write_str(text),
            false => Quoted(text).fmt(to),
        }
    }
}

/// A value in quotes.
struct Quoted<'a>(&'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_char('"')?;
        for c in self.0.chars() {
            if matches!(c, '"' | '\\') {
                to.write_char('\\')?;
            }
            to.write_char(c)?;
        }
        to.write_char('"')
    }
}
