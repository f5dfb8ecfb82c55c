//! How the events of a stream name the places of a map.

use crate::fixed::index_bits;
use crate::netlist::Instance;
use crate::network::Map;

/// The index of an event: `{channel, row, column}` in bit fields, or the place's number alone if there are no rows and columns.
///
/// # Units
/// `*_bits` are widths in bits. `y_bits` and `x_bits` are both 0, or neither is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address {
    /// The places that are named.
    pub map: Map,
    /// Width of a channel.
    pub channel_bits: u32,
    /// Width of a row.
    pub y_bits: u32,
    /// Width of a column.
    pub x_bits: u32,
}

/// A bit field of an [`Address`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its lowest bit.
    pub low: u32,
    /// Its width.
    pub bits: u32,
    /// It holds `0 .. count`.
    pub count: usize,
}

impl Address {
    /// Numbers `0 .. count`.
    pub fn flat(count: usize) -> Address {
        Address { map: Map::vector(count), channel_bits: index_bits(count), y_bits: 0, x_bits: 0 }
    }

    /// A field each for channel, row and column.
    pub fn packed(map: Map) -> Address {
        let bits = index_bits;
        Address { map, channel_bits: bits(map.channels), y_bits: bits(map.height), x_bits: bits(map.width) }
    }

    /// Whether channel, row and column lie in fields of their own.
    pub fn is_packed(&self) -> bool {
        self.y_bits > 0
    }

    /// Width of an index, in bits.
    pub fn bits(&self) -> u32 {
        self.channel_bits + self.y_bits + self.x_bits
    }

    /// The index of the place with this number (row-major, as in `docs/numerics.md` §9).
    pub fn encode(&self, number: usize) -> usize {
        let (channel, y, x) = self.map.place(number);
        (channel << (self.y_bits + self.x_bits)) | (y << self.x_bits) | x
    }

    /// Above every index: so many rows has a memory that is addressed by it, and needs all bits of the index.
    pub fn limit(&self) -> usize {
        (self.encode(self.map.size() - 1) + 1).max((1 << (self.bits() - 1)) + usize::from(self.is_packed()))
    }

    /// The fields, lowest first.
    pub fn fields(&self) -> Vec<Field> {
        let Map { channels, height, width } = self.map;
        let mut low = 0;
        let fields =
            [(self.x_bits, width), (self.y_bits, height), (self.channel_bits, channels)].map(|(bits, count)| {
                low += bits;
                Field { low: low - bits, bits, count }
            });
        fields.into_iter().filter(|field| field.bits > 0).collect()
    }

    /// Sets the parameters by which a leaf knows the map, whose fields are packed.
    pub fn set_map(&self, instance: Instance) -> Instance {
        let Map { channels, height, width } = self.map;
        instance.set("CHANNELS", channels).set("HEIGHT", height).set("WIDTH", width)
    }

    /// Sets those by which a leaf knows the map, and whether events have fields for row and column.
    pub fn set_fields(&self, instance: Instance) -> Instance {
        let Map { channels, height, width } = self.map;
        let instance = instance.set("CHANNELS", channels).set("HEIGHT", height).set("Y_BITS", self.y_bits);
        instance.set("WIDTH", width).set("X_BITS", self.x_bits)
    }

    /// Whether some index names no place.
    pub fn has_gaps(&self) -> bool {
        self.fields().iter().any(|field| field.count < 1 << field.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_packed_with_the_column_lowest() {
        let address = Address::packed(Map::new(3, 5, 4));
        // Place 2·20 + 4·4 + 1 is (2, 4, 1): 10 100 01.
        assert_eq!((address.bits(), address.encode(57)), (7, 0b101_0001));
        assert_eq!(address.limit(), address.encode(59) + 1);
        assert!(address.has_gaps());
        assert!(!Address::packed(Map::new(2, 8, 4)).has_gaps());
    }

    #[test]
    fn a_flat_address_is_the_number() {
        let address = Address::flat(10);
        assert_eq!((address.bits(), address.encode(9), address.limit()), (4, 9, 10));
        assert_eq!(address.fields(), [Field { low: 0, bits: 4, count: 10 }]);
    }
}
