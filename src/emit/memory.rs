//! Memory images in hexadecimal digits, as `$readmemh` reads them.

use crate::arch::MemoryImage;

/// One line of hexadecimal digits per row, field 0 in the least significant bits.
pub(super) fn hexadecimal(image: &MemoryImage) -> String {
    words(image).flat_map(|word| [word, "\n".into()]).collect()
}

/// Every row in hexadecimal digits, field 0 in the least significant bits.
pub(super) fn words(image: &MemoryImage) -> impl Iterator<Item = String> {
    let digits = image.row_bits().div_ceil(4);
    image.rows.iter().map(move |row| {
        let nibbles = row_nibbles(row, image.field_bits, digits).into_iter().rev();
        nibbles.map(|nibble| char::from_digit(nibble.into(), 16).expect("a nibble is below 16")).collect()
    })
}

/// The row as nibbles, least significant first.
fn row_nibbles(row: &[i64], field_bits: u32, digits: usize) -> Vec<u8> {
    let mut nibbles = vec![0u8; digits];
    for (index, &field) in row.iter().enumerate() {
        for bit in 0..field_bits as usize {
            let place = index * field_bits as usize + bit;
            nibbles[place / 4] |= ((field >> bit & 1) as u8) << (place % 4);
        }
    }
    nibbles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_zero_is_least_significant_and_negative_is_two_complement() {
        let image = MemoryImage::table(String::new(), 3, vec![vec![1, -1, 2], vec![-4, 0, 3]]);
        // 010 111 001 = 0b0_1011_1001; 011 000 100 = 0b0_1100_0100.
        assert_eq!(hexadecimal(&image), "0b9\n0c4\n");
    }
}
