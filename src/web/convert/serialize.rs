//! Our own structs as plain JavaScript objects.

use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::JsCast;

/// A plain object or array, with null for what is not there.
pub(crate) fn to_plain<T: JsCast + Default>(value: &impl Serialize) -> T {
    let serializer = Serializer::new()
        .serialize_missing_as_null(true)
        .serialize_maps_as_objects(true);
    // our own structs of numbers and fixed texts always serialise
    value
        .serialize(&serializer)
        .map_or_else(|_| T::default(), JsCast::unchecked_into)
}
