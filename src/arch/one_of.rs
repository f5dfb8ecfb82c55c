//! Lists of things that implement one trait.

/// An enum of types that implement one trait, seen through that trait alone, and the list `KINDS` of what each type can tell before
/// there is a value: one line per type is all that knows them.
macro_rules! one_of {
    ($(#[$doc:meta])* $name:ident: $Trait:ident { $($variant:ident($kind:path),)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $name {
            $(#[doc = concat!("`", stringify!($kind), "`.")] $variant($kind),)*
        }

        const KINDS: &[Kind] = &[$(Kind::of::<$kind>(),)*];

        impl std::ops::Deref for $name {
            type Target = dyn $Trait;

            fn deref(&self) -> &Self::Target {
                match self {
                    $($name::$variant(one) => one,)*
                }
            }
        }

        $(impl From<$kind> for $name {
            fn from(one: $kind) -> Self {
                $name::$variant(one)
            }
        })*
    };
}

pub(super) use one_of;
