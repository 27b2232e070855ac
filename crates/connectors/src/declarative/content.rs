//! The signed content.
//!
//! Owns the template: literal texts and the parts of a delivery between them. Must not sign anything.

/// A part of the signed content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A literal text of the file.
    Text(String),
    /// The body's bytes.
    Body,
    /// The time's text in its header.
    Timestamp,
    /// The text of the header that holds the id.
    Id,
    /// The request's method, in capitals.
    Method,
    /// The request's path with its query.
    Path,
}

/// The signed content, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Content(pub(super) Vec<Piece>);

/// The parts of a delivery, for the template.
pub(super) struct Parts<'a> {
    pub(super) body: &'a [u8],
    pub(super) timestamp: &'a str,
    pub(super) id: &'a str,
    pub(super) method: &'a str,
    pub(super) path: &'a str,
}

impl Default for Content {
    /// The body alone.
    fn default() -> Self {
        Self(vec![Piece::Body])
    }
}

impl Content {
    /// Reads a template such as `{timestamp}.{body}`; the error describes the problem.
    pub(super) fn parse(template: &str) -> Result<Self, String> {
        let mut pieces = vec![];
        let mut rest = template;
        while let Some((text, behind)) = rest.split_once('{') {
            let (name, after) = behind.split_once('}').ok_or("has a { without a }")?;
            if !text.is_empty() {
                pieces.push(Piece::Text(text.to_owned()));
            }
            pieces.push(match name {
                "body" => Piece::Body,
                "timestamp" => Piece::Timestamp,
                "id" => Piece::Id,
                "method" => Piece::Method,
                "path" => Piece::Path,
                other => return Err(format!("has {{{}}}", other.escape_debug())),
            });
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self(pieces))
    }

    /// Whether a part is signed.
    pub(super) fn has(&self, piece: &Piece) -> bool {
        self.0.contains(piece)
    }

    /// The bytes that are signed, piece by piece.
    pub(super) fn bytes<'a>(&'a self, parts: &Parts<'a>) -> Vec<&'a [u8]> {
        let bytes = |piece: &'a Piece| match piece {
            Piece::Text(text) => text.as_bytes(),
            Piece::Body => parts.body,
            Piece::Timestamp => parts.timestamp.as_bytes(),
            Piece::Id => parts.id.as_bytes(),
            Piece::Method => parts.method.as_bytes(),
            Piece::Path => parts.path.as_bytes(),
        };
        self.0.iter().map(bytes).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_the_parts_of_a_delivery_between_texts() {
        let content = Content::parse("v0:{timestamp}.{id}\n{method} {path}?{body}").unwrap();
        let parts = Parts { body: b"{}", timestamp: "17", id: "m1", method: "POST", path: "/x" };
        assert_eq!(content.bytes(&parts).concat(), b"v0:17.m1\nPOST /x?{}");
        assert_eq!(Content::parse("{body}"), Ok(Content::default()));
        for bad in ["{", "{body", "{bdy}{body}", "{}", "{ body }"] {
            assert!(Content::parse(bad).is_err(), "{bad}");
        }
    }
}
