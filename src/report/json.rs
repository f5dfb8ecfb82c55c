//! Results as JSON.

use serde::Serialize;

use crate::error::is_visible;

/// A result as a JSON object over several lines, in which every character that a terminal does not show is an escape.
pub fn json(result: &impl Serialize) -> String {
    escaped(&serde_json::to_string_pretty(result).expect("results have only text keys"))
}

/// The same JSON, visible. A character that is not only occurs within texts.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c == '\n' || is_visible(c) {
            text.push(c);
        } else {
            text.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    proptest! {
        #[test]
        fn json_is_visible_and_says_the_same(text in any::<String>()) {
            let value = json!({ "text": text });
            let printed = super::json(&value);
            prop_assert!(printed.chars().all(|c| c == '\n' || is_visible(c)));
            prop_assert_eq!(serde_json::from_str::<Value>(&printed).unwrap(), value);
        }
    }
}
