//! Reads protobuf's wire format, without a schema. What is malformed panics.
//!
//! Source: <https://protobuf.dev/programming-guides/encoding/>.

/// A field of a message.
#[derive(Debug, Clone, Copy)]
pub enum Field<'b> {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    Bytes(&'b [u8]),
}

/// The fields of a message, in order.
#[derive(Debug, Clone)]
pub struct Message<'b>(pub Vec<(u64, Field<'b>)>);

impl<'b> Message<'b> {
    pub fn read(mut bytes: &'b [u8]) -> Self {
        let mut fields = Vec::new();
        while !bytes.is_empty() {
            let key = varint(&mut bytes);
            let field = match key & 7 {
                0 => Field::Varint(varint(&mut bytes)),
                1 => Field::Fixed64(u64::from_le_bytes(*taken(&mut bytes, 8).as_array().unwrap())),
                2 => Field::Bytes(delimited(&mut bytes)),
                5 => Field::Fixed32(u32::from_le_bytes(*taken(&mut bytes, 4).as_array().unwrap())),
                wire => panic!("there is no wire type {wire}"),
            };
            fields.push((key >> 3, field));
        }
        Self(fields)
    }

    fn all(&self, number: u64) -> impl DoubleEndedIterator<Item = Field<'b>> {
        self.0.iter().filter(move |(known, _)| *known == number).map(|(_, field)| *field)
    }

    pub fn has(&self, number: u64) -> bool {
        self.all(number).next().is_some()
    }

    pub fn messages(&self, number: u64) -> Vec<Self> {
        self.all(number).map(|field| Self::read(field.bytes())).collect()
    }

    pub fn message(&self, number: u64) -> Option<Self> {
        self.all(number).next_back().map(|field| Self::read(field.bytes()))
    }

    pub fn text(&self, number: u64) -> &'b str {
        let bytes = self.all(number).next_back().map(Field::bytes);
        str::from_utf8(bytes.unwrap_or_default()).expect("texts are UTF-8")
    }

    pub fn unsigned(&self, number: u64) -> u64 {
        self.all(number).next_back().map_or(0, Field::number)
    }

    /// Of the types `int32` and `int64`.
    pub fn signed(&self, number: u64) -> i64 {
        self.unsigned(number).cast_signed()
    }

    /// Of the types `sint32` and `sint64`.
    pub fn zigzag(&self, number: u64) -> i64 {
        unzigzagged(self.unsigned(number))
    }

    pub fn float(&self, number: u64) -> Option<f64> {
        self.all(number).next_back().map(|field| f64::from_bits(field.number()))
    }

    /// A repeated field of varints, packed or not.
    pub fn varints(&self, number: u64) -> Vec<u64> {
        self.repeated(number, varint)
    }

    /// The same of the type `sint64`.
    pub fn zigzags(&self, number: u64) -> Vec<i64> {
        self.varints(number).into_iter().map(unzigzagged).collect()
    }

    /// A repeated field of eight bytes each, packed or not.
    pub fn fixed(&self, number: u64) -> Vec<u64> {
        self.repeated(number, |bytes| u64::from_le_bytes(*taken(bytes, 8).as_array().unwrap()))
    }

    fn repeated(&self, number: u64, read: fn(&mut &'b [u8]) -> u64) -> Vec<u64> {
        let mut all = Vec::new();
        for field in self.all(number) {
            match field {
                Field::Bytes(mut bytes) => {
                    while !bytes.is_empty() {
                        all.push(read(&mut bytes));
                    }
                }
                one => all.push(one.number()),
            }
        }
        all
    }
}

impl<'b> Field<'b> {
    fn bytes(self) -> &'b [u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            other => panic!("{other:?} is no text and no message"),
        }
    }

    fn number(self) -> u64 {
        match self {
            Self::Varint(number) | Self::Fixed64(number) => number,
            Self::Fixed32(number) => number.into(),
            Self::Bytes(bytes) => panic!("{bytes:?} is no number"),
        }
    }
}

/// Messages, each behind its length.
pub fn messages(mut bytes: &[u8]) -> Vec<Message<'_>> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        all.push(Message::read(delimited(&mut bytes)));
    }
    all
}

fn delimited<'b>(bytes: &mut &'b [u8]) -> &'b [u8] {
    let length = varint(bytes);
    taken(bytes, length.try_into().expect("a length fits"))
}

fn taken<'b>(bytes: &mut &'b [u8], length: usize) -> &'b [u8] {
    bytes.split_off(..length).expect("the message has ended in the middle of a field")
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut number = 0;
    for place in 0..10 {
        let byte = taken(bytes, 1)[0];
        number |= u64::from(byte & 0x7f) << (7 * place);
        if byte < 0x80 {
            return number;
        }
    }
    panic!("a varint has more than ten bytes")
}

fn unzigzagged(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}
