//! Checks a value against a shape, as powerbi-client's validators and the REST API do.

use super::format::{digits, quote_safely};
use crate::token::Json;

/// A version of the shapes. powerbi-client's changed twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Era {
    /// 2.19.
    V19,
    /// 2.21 and 2.22.
    V22,
    /// 2.23 and later.
    V24,
}

/// A shape. A missing value, `null` and `undefined` have every shape.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// A string.
    Text,
    /// A number.
    Number,
    /// A boolean.
    Bool,
    /// Any object.
    Object,
    /// One of these numbers.
    OneOf(&'static [i32]),
    /// One of these strings.
    Word(&'static [&'static str]),
    /// A GUID.
    Guid,
    /// An array of these.
    ListOf(&'static Shape),
    /// An object whose members all have this shape.
    MapOf(&'static Shape),
    /// One of several shapes.
    AnyOf(&'static [Shape]),
    /// An object with these members; others are ignored.
    Fields(&'static [Field]),
    /// This shape from a version on; none before.
    Since(Era, &'static Shape),
    /// An object of this shape with at least one of these members, from a version on.
    NotEmpty(Era, &'static [&'static str], &'static Shape),
}

/// Whether a member must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    Required,
    Optional,
    Forbidden,
}

/// A member of an object.
#[derive(Clone, Copy)]
pub(super) struct Field {
    name: &'static str,
    need: Need,
    shape: &'static Shape,
    since: Era,
    until: Era,
}

impl Field {
    /// The member, from this version on.
    pub(super) const fn since(mut self, era: Era) -> Self {
        self.since = era;
        self
    }

    /// The member, up to this version.
    pub(super) const fn until(mut self, era: Era) -> Self {
        self.until = era;
        self
    }
}

/// A member that must be there.
pub(super) const fn required(name: &'static str, shape: &'static Shape) -> Field {
    field(name, Need::Required, shape)
}

/// A member that may be missing.
pub(super) const fn optional(name: &'static str, shape: &'static Shape) -> Field {
    field(name, Need::Optional, shape)
}

/// A member that must not be there.
pub(super) const fn forbidden(name: &'static str) -> Field {
    field(name, Need::Forbidden, &Shape::Object)
}

const fn field(name: &'static str, need: Need, shape: &'static Shape) -> Field {
    Field {
        name,
        need,
        shape,
        since: Era::V19,
        until: Era::V24,
    }
}

/// The first thing in a value that does not have the shape, as a sentence without its dot: `id must be a string`.
pub(super) fn problem(value: &Json, shape: &Shape, era: Era, path: &str) -> Option<String> {
    if matches!(value, Json::Null) {
        return None;
    }
    let must_be = |expected: &str| Some(format!("{path} must be {expected}"));
    match (shape, value) {
        (Shape::Text, Json::String(_))
        | (Shape::Number, Json::Number(_))
        | (Shape::Bool, Json::Bool(_))
        | (Shape::Object, Json::Object(_) | Json::Date(_)) => None,
        (Shape::Text, _) => must_be("a string"),
        (Shape::Number, _) => must_be("a number"),
        (Shape::Bool, _) => must_be("true or false"),
        (Shape::Object, _) => must_be("an object"),
        (Shape::OneOf(numbers), Json::Number(number))
            if numbers
                .iter()
                .any(|known| (f64::from(*known) - number).abs() < f64::EPSILON) =>
        {
            None
        }
        (Shape::OneOf(numbers), _) => {
            let list: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            let list = list.join(", ");
            let expected = if numbers.len() == 1 {
                format!("the number {list}")
            } else {
                format!("one of the numbers {list}")
            };
            Some(format!("{path} must be {expected}{}", but_is(value)))
        }
        (Shape::Word(words), Json::String(text)) if words.contains(&text.expose()) => None,
        (Shape::Word(words), _) => Some(format!(
            "{path} must be one of {}{}",
            words.join(", "),
            but_is(value)
        )),
        (Shape::Guid, Json::String(text)) if crate::token::is_guid(text.expose()) => None,
        (Shape::Guid, _) => Some(format!("{path} must be a GUID{}", but_is(value))),
        (Shape::ListOf(item), Json::Array(items)) => items
            .iter()
            .enumerate()
            .find_map(|(at, value)| problem(value, item, era, &format!("{path}[{at}]"))),
        (Shape::ListOf(_), _) => must_be("an array"),
        (Shape::MapOf(item), Json::Object(members)) => members
            .iter()
            .find_map(|(name, value)| problem(value, item, era, &joined(path, &safe_name(name)))),
        (Shape::MapOf(_), _) => must_be("an object"),
        (Shape::AnyOf(shapes), _) => any_of(value, shapes, era, path),
        (Shape::Fields(fields), Json::Object(_) | Json::Date(_)) => fields
            .iter()
            .filter(|field| (field.since..=field.until).contains(&era))
            .find_map(|field| field_problem(value, field, era, path)),
        (Shape::Fields(_), _) => must_be("an object"),
        (Shape::NotEmpty(since, names, shape), _) => {
            let is_filled = |name: &&str| value.get(name).is_some_and(|member| !is_falsy(member));
            if *since <= era && matches!(value, Json::Object(_)) && !names.iter().any(is_filled) {
                return Some(format!("{path} must have {}", names.join(" or ")));
            }
            problem(value, shape, era, path)
        }
        (Shape::Since(since, shape), _) if *since <= era => problem(value, shape, era, path),
        (Shape::Since(..), _) => must_be("of a form that this version of powerbi-client accepts"),
    }
}

fn any_of(value: &Json, shapes: &[Shape], era: Era, path: &str) -> Option<String> {
    let mut first = None;
    for shape in shapes {
        let found = problem(value, shape, era, path)?;
        // What is wrong inside the form that was meant says more than that no form fits.
        if first.is_none() && !found.starts_with(&format!("{path} must be")) {
            first = Some(found);
        }
    }
    Some(if shapes.len() <= 2 {
        first.unwrap_or_else(|| format!("{path} is not of a form that is accepted"))
    } else {
        format!("{path} is not of a form that is accepted")
    })
}

fn field_problem(object: &Json, field: &Field, era: Era, path: &str) -> Option<String> {
    let path = joined(path, field.name);
    match (object.get(field.name), field.need) {
        (None | Some(Json::Null), Need::Required) => Some(format!("{path} is missing")),
        (None | Some(Json::Null), Need::Optional | Need::Forbidden) => None,
        (Some(_), Need::Forbidden) => Some(format!("{path} must not be set here")),
        (Some(value), Need::Required | Need::Optional) => problem(value, field.shape, era, &path),
    }
}

/// Whether JavaScript takes a value for false.
pub(super) fn is_falsy(value: &Json) -> bool {
    match value {
        Json::Null | Json::Bool(false) => true,
        Json::Number(number) => *number == 0.0 || number.is_nan(),
        Json::String(text) => text.expose().is_empty(),
        Json::Bool(true) | Json::Date(_) | Json::Array(_) | Json::Object(_) => false,
    }
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// A member's own name, where it can't be a secret.
fn safe_name(name: &str) -> String {
    if name.len() <= 40 && !quote_safely(name).starts_with('(') {
        name.to_owned()
    } else {
        "…".to_owned()
    }
}

/// `, but is 3`, where the value can be shown.
fn but_is(value: &Json) -> String {
    match value {
        Json::Number(number) => format!(", but is {}", digits(*number)),
        Json::String(text) => format!(", but is the string {}", quote_safely(text.expose())),
        Json::Bool(bit) => format!(", but is {bit}"),
        Json::Null | Json::Date(_) | Json::Array(_) | Json::Object(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Era, Shape, forbidden, optional, problem, required};
    use crate::token::testing::json;
    use serde_json::json;

    static SHAPE: Shape = Shape::Fields(&[
        required("a", &Shape::Text),
        optional("b", &Shape::OneOf(&[0, 1])),
        optional(
            "c",
            &Shape::ListOf(&Shape::Fields(&[required("d", &Shape::Bool)])),
        ),
        optional("e", &Shape::MapOf(&Shape::Number)),
        forbidden("f"),
        optional("g", &Shape::Text).since(Era::V24),
        optional(
            "h",
            &Shape::AnyOf(&[Shape::Number, Shape::Fields(&[required("i", &Shape::Text)])]),
        ),
        optional("w", &Shape::Word(&["x", "y"])),
    ]);

    #[test]
    fn the_first_problem_is_named_with_its_path() {
        for (value, wanted) in [
            (json!({"a": "x"}), None),
            (json!(null), None),
            (json!({}), Some("a is missing")),
            (json!({"a": null}), Some("a is missing")),
            (json!([]), Some(" must be an object")),
            (json!({"a": 1}), Some("a must be a string")),
            (
                json!({"a": "", "b": 2}),
                Some("b must be one of the numbers 0, 1, but is 2"),
            ),
            (
                json!({"a": "", "b": "All"}),
                Some("b must be one of the numbers 0, 1, but is the string \"All\""),
            ),
            (json!({"a": "", "b": null}), None),
            (
                json!({"a": "", "c": [{"d": true}, {}]}),
                Some("c[1].d is missing"),
            ),
            (json!({"a": "", "c": {}}), Some("c must be an array")),
            (json!({"a": "", "e": {"k": true}}), Some("e.k must be a number")),
            (json!({"a": "", "f": 1}), Some("f must not be set here")),
            (json!({"a": "", "g": 1}), Some("g must be a string")),
            (json!({"a": "", "h": {}}), Some("h.i is missing")),
            (
                json!({"a": "", "h": true}),
                Some("h is not of a form that is accepted"),
            ),
            (
                json!({"a": "", "w": "z"}),
                Some("w must be one of x, y, but is the string \"z\""),
            ),
        ] {
            assert_eq!(
                problem(&json(&value), &SHAPE, Era::V24, "").as_deref(),
                wanted,
                "{value}"
            );
        }
        assert_eq!(
            problem(&json(&json!({"a": "", "g": 1})), &SHAPE, Era::V22, ""),
            None
        );
    }
}
