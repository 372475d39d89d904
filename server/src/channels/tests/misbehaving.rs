//! Servers that misbehave, on loopback.

use std::{future::Future, sync::Arc, sync::atomic::AtomicUsize, sync::atomic::Ordering, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A server that does the same with every connection; it ends with this value.
pub(super) struct Misbehaving {
    pub(super) port: u16,
    pub(super) connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Misbehaving {
    pub(super) async fn new<F: Future<Output = ()> + Send + 'static>(act: impl Fn(TcpStream) -> F + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = connections.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(act(stream));
            }
        });
        Self { port, connections, task }
    }

    /// Reads a whole request, says what it is told to, and hangs up.
    pub(super) async fn saying(answer: impl Into<Vec<u8>>) -> Self {
        let answer = Arc::new(answer.into());
        Self::new(move |mut stream| {
            let answer = answer.clone();
            async move {
                read_request(&mut stream).await;
                let _ = stream.write_all(&answer).await;
                let _ = stream.shutdown().await;
            }
        })
        .await
    }

    /// Takes the connection and does nothing with it.
    pub(super) async fn silent() -> Self {
        Self::new(|stream| async move {
            tokio::time::sleep(Duration::from_secs(60)).await;
            drop(stream);
        })
        .await
    }
}

impl Drop for Misbehaving {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A port at which nobody listens.
pub(super) async fn dead_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    listener.local_addr().expect("bound").port()
}

/// Reads headers and body, and gives them back.
pub(super) async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&read).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length:").map(|n| n.trim().parse::<usize>()));
            if body.len() >= length.map_or(0, |n| n.expect("a number")) {
                return text;
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return text,
            Ok(n) => read.extend_from_slice(&buffer[..n]),
        }
    }
}

/// A request as it came.
pub(super) struct Request {
    pub(super) path: String,
    pub(super) body: Vec<u8>,
    pub(super) signature: Option<String>,
}

impl Request {
    fn read(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let header = |line: &str| {
            Some(
                line.split_once(": ")
                    .filter(|(name, _)| name.eq_ignore_ascii_case("x-twilio-signature"))?
                    .1
                    .to_owned(),
            )
        };
        Self {
            path,
            body: body.as_bytes().to_vec(),
            signature: head.lines().find_map(header),
        }
    }
}

/// Our own side of callbacks: answers each request with what `answer` makes of it.
pub(super) async fn callbacks(answer: impl Fn(Request) -> String + Send + Sync + 'static) -> Misbehaving {
    let answer = Arc::new(answer);
    Misbehaving::new(move |mut stream| {
        let answer = answer.clone();
        async move {
            let body = answer(Request::read(&read_request(&mut stream).await));
            let response = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(response.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    })
    .await
}
