/* Ends one reading of msg.def. No include guard: it is included after every reading. */
#undef MSG_BEGIN
#undef MSG_U8
#undef MSG_U16
#undef MSG_U32
#undef MSG_U64
#undef MSG_BOOL
#undef MSG_ADDR
#undef MSG_STR
#undef MSG_BYTES
#undef MSG_SECRET
#undef MSG_END
