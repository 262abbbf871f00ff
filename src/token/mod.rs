//! Reading tokens: an access token's text and the answer of a source.
