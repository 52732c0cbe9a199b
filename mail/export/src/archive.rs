//! The ZIP around the folders.

use std::io::{self, Write};

use zip::write::{SimpleFileOptions, StreamWriter, ZipWriter};

use crate::{Message, Paths, mbox};

/// A ZIP that is being written; `W` is given octets as they come and is never asked to go back.
///
/// Sizes follow what they are about, with 64 bits, so that a folder may be longer than 4 GiB.
pub struct Archive<W: Write> {
    zip: ZipWriter<StreamWriter<W>>,
    paths: Paths,
}

impl<W: Write> Archive<W> {
    /// An archive without folders.
    pub fn new(out: W) -> Self {
        Self { zip: ZipWriter::new_stream(out), paths: Paths::default() }
    }

    /// Begins a folder, whose name has its parts parted by `/`; the one before has ended. Says where it is.
    ///
    /// # Errors
    /// Where `W` takes no more.
    pub fn folder(&mut self, name: &str) -> io::Result<String> {
        let path = self.paths.give(name);
        let options = SimpleFileOptions::default().large_file(true).unix_permissions(0o600);
        self.zip.start_file(path.as_str(), options)?;
        Ok(path)
    }

    /// Writes a message into the folder that was begun last.
    ///
    /// # Errors
    /// Where `W` takes no more, or no folder was begun.
    pub fn message(&mut self, message: &Message<'_>) -> io::Result<()> {
        mbox::write(&mut self.zip, message)
    }

    /// Writes the directory, without which it is no ZIP, and gives `W` back.
    ///
    /// # Errors
    /// Where `W` takes no more.
    pub fn finish(self) -> io::Result<W> {
        Ok(self.zip.finish()?.into_inner())
    }
}
