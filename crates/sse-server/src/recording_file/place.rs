//! Where a recording goes: its name, and the file beside it that is written until it is whole.

use std::ffi::OsString;
use std::fmt::Display;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use sse_engine::recording::Secrets;

use crate::error::Error;

/// What becomes of a file that has the name of a recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and there is no recording.
    #[default]
    Kept,
    /// It stays until the recording is closed, which takes its place.
    Replaced,
}

/// Where a recording goes.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    part: PathBuf,
    existing: Existing,
}

impl Place {
    /// A place that a recording may take.
    pub(super) fn of(path: &Path, existing: Existing) -> Result<Self, Error> {
        let mut path = path.to_owned();
        match fs::metadata(&path) {
            Ok(known) if !known.is_file() => {
                let then = "give the name of an ordinary file";
                return Err(unwritten(&path, "it is no ordinary file", then));
            }
            Ok(_) if existing == Existing::Kept => return Err(exists(&path)),
            // The file behind a link is meant, and not the link.
            Ok(_) => path = fs::canonicalize(&path).unwrap_or(path),
            Err(_) => {}
        }
        if path.file_name().is_none() {
            return Err(unwritten(
                &path,
                "it names no file",
                "give the name of a file",
            ));
        }
        let part = beside(&path, ".part");
        Ok(Self {
            path,
            part,
            existing,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the file that is written until the recording is whole. Nobody else writes it as long
    /// as it is open: it is locked.
    pub(super) fn open(&self, secrets: Secrets) -> Result<File, Error> {
        let failed = |e: io::Error| self.unwritten(e, "name a place where a file can be made");
        let mut options = options(secrets);
        let opened = options.read(true).create_new(true).open(&self.part);
        let (file, is_new) = match opened {
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {
                let file = OpenOptions::new().read(true).write(true).open(&self.part);
                (file.map_err(failed)?, false)
            }
            opened => (opened.map_err(failed)?, true),
        };
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                return Err(Error::RecordingUnderWay(self.part.display().to_string()));
            }
            // Some network shares know no locks, and there the name has to do.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        if !is_new {
            if self.existing == Existing::Kept {
                return Err(Error::RecordingLeft(self.part.display().to_string()));
            }
            file.set_len(0).map_err(failed)?;
        }
        Ok(file)
    }

    /// Puts other bytes into the place of the file that was written until now.
    pub(super) fn replace_part(&self, bytes: &[u8], secrets: Secrets) -> io::Result<()> {
        let other = beside(&self.path, ".part2");
        let mut options = options(secrets);
        let written = options.create(true).truncate(true).open(&other);
        let written = written.and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
        let moved = written.and_then(|()| fs::rename(&other, &self.part));
        if moved.is_err() {
            _ = fs::remove_file(&other);
        }
        moved
    }

    /// Gives the file its name.
    pub(super) fn take_name(&self) -> Result<(), Error> {
        let moved = match self.existing {
            Existing::Replaced => fs::rename(&self.part, &self.path),
            Existing::Kept => self.take_free_name(),
        };
        if let Err(e) = moved {
            let then = "the recording is whole, in the file beside it whose name ends in .part";
            return Err(self.unwritten(e, then));
        }
        #[cfg(unix)]
        if let Some(folder) = self.path.parent() {
            let folder = if folder.as_os_str().is_empty() {
                Path::new(".")
            } else {
                folder
            };
            // The name as well outlives a machine that loses its power.
            _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
        Ok(())
    }

    /// The name may have been taken since the recording began. A second link fails then, which a
    /// rename does not.
    fn take_free_name(&self) -> io::Result<()> {
        match fs::hard_link(&self.part, &self.path) {
            Ok(()) => fs::remove_file(&self.part),
            Err(e) if e.kind() == ErrorKind::AlreadyExists => Err(e),
            // Not each file system has links.
            Err(_) if self.path.symlink_metadata().is_ok() => Err(ErrorKind::AlreadyExists.into()),
            Err(_) => fs::rename(&self.part, &self.path),
        }
    }

    /// Nothing is left of what was written.
    pub(super) fn remove(&self) {
        _ = fs::remove_file(&self.part);
    }

    pub(super) fn unwritten(&self, reason: impl Display, then: &'static str) -> Error {
        unwritten(&self.path, reason, then)
    }
}

fn unwritten(path: &Path, reason: impl Display, then: &'static str) -> Error {
    Error::RecordingFile {
        path: path.display().to_string(),
        reason: reason.to_string(),
        then,
    }
}

fn exists(path: &Path) -> Error {
    Error::RecordingExists(path.display().to_string())
}

fn beside(path: &Path, more: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(more);
    name.into()
}

/// What holds secrets, only this user may read.
fn options(secrets: Secrets) -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    if secrets == Secrets::Written {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    options
}
