/* http_console.c -- files by path, with their hash as ETag. */
#include "net/http_console.h"

#include <stdio.h>
#include <xxhash.h>

#include "net/http_inside.h"

#define POLICY                                                                                     \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "              \
    "connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"

#define ASSET(symbol, file, path, type)                                                            \
    extern const unsigned char asset_##symbol##_begin[];                                           \
    extern const unsigned char asset_##symbol##_end[];
#include "net/console/assets.def"
#undef ASSET

static const struct asset {
    const char *path;
    const char *type;
    const unsigned char *begin; /* gzipped */
    const unsigned char *end;
} assets[] = {
#define ASSET(symbol, file, path, type) {path, type, asset_##symbol##_begin, asset_##symbol##_end},
#include "net/console/assets.def"
#undef ASSET
};

static const struct asset *find(struct text path)
{
    for (size_t at = 0; at < sizeof(assets) / sizeof(assets[0]); at++) {
        if (text_equal(path, text_of(assets[at].path))) {
            return &assets[at];
        }
    }
    return NULL;
}

bool http_console(struct http_call *call)
{
    const struct asset *asset = find(call->path);
    if (asset == NULL || (call->method != EVHTTP_REQ_GET && call->method != EVHTTP_REQ_HEAD)) {
        return false;
    }
    char etag[24];
    size_t length = (size_t)(asset->end - asset->begin);
    snprintf(etag, sizeof(etag), "\"%016llx\"",
             (unsigned long long)XXH3_64bits(asset->begin, length));
    http_add_header(call, "ETag", etag);
    http_add_header(call, "Cache-Control", "no-cache");
    call->says_caching = true;
    http_add_header(call, "Content-Security-Policy", POLICY);
    http_add_header(call, "X-Content-Type-Options", "nosniff");
    http_add_header(call, "Referrer-Policy", "no-referrer");
    call->type = asset->type;
    call->reply.status = 200;
    if (text_equal(call->headers.if_none_match, text_of(etag))) {
        call->reply.status = 304;
    } else {
        http_add_header(call, "Content-Encoding", "gzip");
        call->reply.out.failed = evbuffer_add_reference(call->reply.out.buffer, asset->begin,
                                                        length, NULL, NULL) != 0;
    }
    http_send(call, 0);
    return true;
}
