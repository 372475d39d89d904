//! A token file of any length that is made while it is read, so that it is never held, and the memory that reading takes.

#![allow(unreachable_pub, reason = "an example and a test are crates that share this file")]

use crate::tokens::import::Format;
use std::io::{self, Read};

/// A file of so many tokens.
pub struct Made {
    format: Format,
    tokens: u64,
    made: u64,
    ready: Vec<u8>,
    taken: usize,
}

impl Made {
    /// Begins a file.
    pub fn new(format: Format, tokens: u64) -> Self {
        let start = match format {
            Format::Csv => "upn,serial number,secret key,time interval,manufacturer,model\r\n",
            Format::Pskc => "<?xml version=\"1.0\"?>\n<KeyContainer Version=\"1.0\" xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\">\n",
        };
        Self {
            format,
            tokens,
            made: 0,
            ready: start.as_bytes().to_vec(),
            taken: 0,
        }
    }

    fn make(&mut self) {
        self.made += 1;
        let n = self.made;
        let text = match self.format {
            _ if n > self.tokens + 1 => String::new(),
            Format::Csv if n > self.tokens => String::new(),
            Format::Pskc if n > self.tokens => "</KeyContainer>\n".to_owned(),
            Format::Csv => format!("member{n}@noord.example,{n:010},GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,30,Example,Card\r\n"),
            Format::Pskc => format!(
                "<KeyPackage><DeviceInfo><Manufacturer>Example</Manufacturer><SerialNo>{n:010}</SerialNo><Model>Card</Model></DeviceInfo>\
                 <Key Id=\"{n}\" Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:totp\"><Issuer>example.com</Issuer>\
                 <AlgorithmParameters><Suite>HMAC-SHA1</Suite><ResponseFormat Length=\"6\" Encoding=\"DECIMAL\"/></AlgorithmParameters>\
                 <Data><Secret><PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue></Secret><Time><PlainValue>0</PlainValue></Time>\
                 <TimeInterval><PlainValue>30</PlainValue></TimeInterval></Data><Policy><KeyUsage>OTP</KeyUsage></Policy></Key></KeyPackage>\n"
            ),
        };
        (self.ready, self.taken) = (text.into_bytes(), 0);
    }
}

impl Read for Made {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.ready.len() {
            self.make();
        }
        let read = (&self.ready[self.taken..]).read(out)?;
        self.taken += read;
        Ok(read)
    }
}

/// The most memory that this process ever held, in KiB (Linux).
pub fn peak_resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next())
        .and_then(|kib| kib.parse().ok())
        .unwrap_or(0)
}
