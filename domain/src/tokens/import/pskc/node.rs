//! A small part of an XML document, held in memory: one KeyPackage, or the description of the encryption.

use crate::tokens::import::error::Problem;
use data_encoding::{BASE64, DecodeKind};
use zeroize::Zeroizing;

/// The namespaces that PSKC uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Space {
    /// RFC 6030.
    Pskc,
    /// XML Signature.
    Signature,
    /// XML Encryption 1.0.
    Encryption,
    /// XML Encryption 1.1.
    Encryption11,
    /// PKCS #5.
    Pkcs5,
    /// None.
    Nowhere,
    /// Any other.
    Other,
}

impl Space {
    /// The namespace of a URI.
    pub(crate) fn of(uri: &str) -> Self {
        match uri {
            "urn:ietf:params:xml:ns:keyprov:pskc" => Self::Pskc,
            "http://www.w3.org/2000/09/xmldsig#" => Self::Signature,
            "http://www.w3.org/2001/04/xmlenc#" => Self::Encryption,
            "http://www.w3.org/2009/xmlenc11#" => Self::Encryption11,
            "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#" | "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5#" => Self::Pkcs5,
            _ => Self::Other,
        }
    }
}

/// An element with its content.
pub(crate) struct Node {
    pub(crate) space: Space,
    /// The name without prefix.
    pub(crate) name: String,
    /// The namespace as written, for messages; empty when it is a known one.
    pub(crate) foreign: String,
    /// Attributes without prefix.
    pub(crate) attributes: Vec<(String, String)>,
    /// All text directly within, which may be a secret.
    pub(crate) text: Zeroizing<String>,
    pub(crate) children: Vec<Node>,
}

impl Node {
    /// The value of an attribute.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The child of PSKC with this name, which may be there once.
    pub(crate) fn child(&self, name: &'static str) -> Result<Option<&Self>, Problem> {
        self.child_in(&[Space::Pskc], name)
    }

    /// The child of any of these namespaces with this name, which may be there once.
    pub(crate) fn child_in(&self, spaces: &[Space], name: &'static str) -> Result<Option<&Self>, Problem> {
        let mut found = self.children.iter().filter(|child| spaces.contains(&child.space) && child.name == name);
        let child = found.next();
        match found.next() {
            None => Ok(child),
            Some(_) => Err(Problem::Duplicate { element: name }),
        }
    }

    /// The trimmed text of a child of PSKC.
    pub(crate) fn text_of(&self, name: &'static str) -> Result<Option<&str>, Problem> {
        Ok(self.child(name)?.map(Self::trimmed))
    }

    /// The trimmed text.
    pub(crate) fn trimmed(&self) -> &str {
        self.text.trim()
    }

    /// The text as bytes: Base64, in which spaces and lines do not matter (xs:base64Binary).
    pub(crate) fn bytes(&self, element: &'static str) -> Result<Zeroizing<Vec<u8>>, Problem> {
        let mut compact = Zeroizing::new(String::with_capacity(self.text.len()));
        self.text.chars().filter(|c| !c.is_ascii_whitespace()).for_each(|c| compact.push(c));
        match BASE64.decode(compact.as_bytes()) {
            Ok(bytes) => Ok(Zeroizing::new(bytes)),
            // Bits after the last byte that are not zero: RFC 4648 section 3.5 lets a reader refuse them.
            Err(error) if error.kind == DecodeKind::Trailing => Err(Problem::SecretEnd { encoding: "Base64" }),
            Err(_) => Err(Problem::Base64 { element }),
        }
    }

    /// Name and namespace, for messages.
    pub(crate) fn described(&self) -> String {
        match (self.space, self.foreign.as_str()) {
            (Space::Nowhere, _) => format!("{} without a namespace", self.name),
            (_, "") => self.name.clone(),
            (_, foreign) => format!("{} of {foreign}", self.name),
        }
    }
}
