/* Ends one reading of state.def. No include guard: it is included after every reading. */
#undef STATE_BEGIN
#undef STATE_U8
#undef STATE_U16
#undef STATE_U32
#undef STATE_U64
#undef STATE_SPI
#undef STATE_BOOL
#undef STATE_ADDR
#undef STATE_STR
#undef STATE_END
