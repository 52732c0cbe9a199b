//! The smallest SMTP and IMAP clients that can put a server under load: blocking, plain, no parsing beyond replies.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

/// A line protocol on loopback.
pub struct Client {
    reader: BufReader<TcpStream>,
}

impl Client {
    /// Connects; replies may take a minute, since a flush may be slow.
    ///
    /// # Errors
    /// The connection's.
    pub fn connect(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        stream.set_nodelay(true)?;
        Ok(Self { reader: BufReader::new(stream) })
    }

    /// Sends octets.
    ///
    /// # Errors
    /// The connection's.
    pub fn send(&mut self, octets: &[u8]) -> io::Result<()> {
        self.reader.get_mut().write_all(octets)
    }

    /// One line without its end.
    ///
    /// # Errors
    /// The connection's, and its end.
    pub fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.reader.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }

    /// The last line of one SMTP reply.
    ///
    /// # Errors
    /// The connection's.
    pub fn reply(&mut self) -> io::Result<String> {
        loop {
            let line = self.line()?;
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(line);
            }
        }
    }

    /// Sends one SMTP command and takes its reply.
    ///
    /// # Errors
    /// The connection's.
    pub fn command(&mut self, command: &str) -> io::Result<String> {
        self.send(format!("{command}\r\n").as_bytes())?;
        self.reply()
    }

    /// Delivers one message and gives the reply to its end.
    ///
    /// # Errors
    /// The connection's; a reply other than expected on the way is [`io::ErrorKind::InvalidData`].
    pub fn deliver(&mut self, to: &[&str], message: &str) -> io::Result<String> {
        let expect = |reply: String, code: &str| {
            if reply.starts_with(code) {
                Ok(())
            } else {
                Err(io::Error::new(io::ErrorKind::InvalidData, reply))
            }
        };
        expect(self.command("MAIL FROM:<sender@elsewhere.example>")?, "250")?;
        for address in to {
            expect(self.command(&format!("RCPT TO:<{address}>"))?, "250")?;
        }
        expect(self.command("DATA")?, "354")?;
        self.send(message.as_bytes())?;
        self.command(".")
    }
}
