//! Reports each change of the file of streams, and each problem with it, as a line for stderr.

use tokio::sync::watch;

use super::{FileProblem, StreamsFile, StreamsView};

/// Says what becomes of the file of streams, now and whenever that is another.
#[derive(Debug)]
pub struct FileNews {
    changed: watch::Receiver<StreamsView>,
    /// What was the case last, said or not.
    before: Option<String>,
}

impl FileNews {
    pub(crate) fn new(mut changed: watch::Receiver<StreamsView>) -> Self {
        changed.mark_changed();
        Self {
            changed,
            before: None,
        }
    }

    /// The next line: a mistake in the file and what is served instead, or that it is served or
    /// gone; `None` when the server is gone. A file that is right at the beginning is no news.
    pub async fn next(&mut self) -> Option<String> {
        loop {
            self.changed.changed().await.ok()?;
            let file = self.changed.borrow_and_update().file.clone();
            let Some(file) = file else { continue };
            let line = file.line();
            if self.before.as_ref() == Some(&line) {
                continue;
            }
            let is_news = self.before.is_some() || file.problem.is_some();
            self.before = Some(line.clone());
            if is_news {
                return Some(line);
            }
        }
    }
}

impl StreamsFile {
    fn line(&self) -> String {
        match &self.problem {
            Some(problem) => format!("{} {}", problem.at(&self.path), problem.instead),
            None if self.exists => format!("{} is served.", self.path),
            None => format!("{} is gone. The shipped streams are served.", self.path),
        }
    }
}

impl FileProblem {
    /// The problem with its place, in the file of this path.
    pub fn at(&self, path: &str) -> String {
        let line = self.line.map(|line| format!(", line {line}"));
        format!("{path}{}: {}", line.unwrap_or_default(), self.sentence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(line: Option<usize>, exists: bool) -> StreamsView {
        let problem = line.map(|line| FileProblem {
            line: Some(line),
            sentence: "It is wrong.".to_owned(),
            instead: "The list from before is served on.",
        });
        let file = StreamsFile {
            path: "/my.toml".to_owned(),
            short: "/my.toml".to_owned(),
            exists,
            revision: 0,
            problem,
        };
        StreamsView {
            streams: Vec::new(),
            file: Some(file),
        }
    }

    #[tokio::test]
    async fn a_mistake_is_news_and_a_good_file_only_behind_one() {
        let (say, changed) = watch::channel(view(None, true));
        let mut news = FileNews::new(changed);
        let none = tokio::time::timeout(std::time::Duration::ZERO, news.next()).await;
        assert!(none.is_err(), "it is right from the beginning");
        for (now, line) in [
            (
                view(Some(3), true),
                "/my.toml, line 3: It is wrong. The list from before is served on.",
            ),
            (view(None, true), "/my.toml is served."),
            (
                view(None, false),
                "/my.toml is gone. The shipped streams are served.",
            ),
        ] {
            say.send_replace(now);
            assert_eq!(news.next().await.as_deref(), Some(line));
        }
        drop(say);
        assert_eq!(news.next().await, None);

        let (_say, changed) = watch::channel(view(Some(3), true));
        let line = FileNews::new(changed).next().await;
        assert!(line.is_some(), "it was wrong from the beginning");
    }
}
