// How slang lints: every warning is an error, but those that are waived here.
--std 1364-2005
-Weverything
-Werror

// A slice is unsigned, whatever it is cut from: where lanes lie side by side in one vector, bits keep their meaning.
-Wno-sign-conversion
-Wno-bitwise-op-mismatch
-Wno-sign-compare

// Verilator says what is unused, and knows that `unused_...` is so on purpose.
-Wno-unused-net
-Wno-unused-but-set-net

// Ports of vendor primitives, without content.
--suppress-warnings hdl/shell/vendor
