// The one type of another module that a program names: what every call of this module throws.
@_exported public import struct EmbqCore.EmbqError
