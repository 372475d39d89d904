//! A connection that speaks just enough HTTP/1.1: one request after the other, answers with a length. A real client would take more of the cores
//! than the server under test.

use crate::Failure;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A kept-alive connection.
pub(crate) struct Connection {
    stream: TcpStream,
    host: String,
    received: Vec<u8>,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Connection {
    pub(crate) async fn open(address: &str) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let port = address.rsplit(':').next().unwrap_or_default();
        Ok(Self {
            stream,
            host: format!("localhost:{port}"),
            received: Vec::new(),
        })
    }

    /// Posts a body; `headers` are whole lines, each with its end.
    pub(crate) async fn post(&mut self, path: &str, headers: &str, body: &str) -> Result<Answer, Failure> {
        let headers = format!("content-length: {}\r\n{headers}", body.len());
        self.ask("POST", path, &headers, body).await
    }

    /// Gets a page.
    pub(crate) async fn get(&mut self, path: &str, headers: &str) -> Result<Answer, Failure> {
        self.ask("GET", path, headers, "").await
    }

    async fn ask(&mut self, method: &str, path: &str, headers: &str, body: &str) -> Result<Answer, Failure> {
        let request = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n{headers}\r\n{body}", self.host);
        self.stream.write_all(request.as_bytes()).await?;
        self.received.clear();
        let head_ends = loop {
            if let Some(at) = self.received.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            self.more().await?;
        };
        let head = String::from_utf8_lossy(&self.received[..head_ends]).into_owned();
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).ok_or("an answer without a status")?;
        let length: usize = header(&head, "content-length").map_or(Ok(0), str::parse)?;
        if header(&head, "transfer-encoding").is_some() {
            return Err("an answer in chunks".into());
        }
        while self.received.len() < head_ends + length {
            self.more().await?;
        }
        let body = String::from_utf8_lossy(&self.received[head_ends..head_ends + length]).into_owned();
        Ok(Answer { status, head, body })
    }

    async fn more(&mut self) -> Result<(), Failure> {
        match self.stream.read_buf(&mut self.received).await? {
            0 => Err("the server closed the connection".into()),
            _ => Ok(()),
        }
    }
}

/// The first value of a header.
pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}
