/* http_assets.S -- the bytes of the console's files, gzipped by the build (CMakeLists.txt). */
    .section .rodata
#define ASSET(symbol, file, path, type) \
    .global asset_##symbol##_begin; asset_##symbol##_begin: .incbin file; \
    .global asset_##symbol##_end; asset_##symbol##_end: .byte 0;
#include "net/console/assets.def"
    .section .note.GNU-stack,"",%progbits
