/* openapi.h -- the HTTP API's description for programs: OpenAPI 3.1, from the tables of net/api.h.
 *
 * GET /openapi.json serves it, and docs/openapi.json is a copy of it. The same program always writes the same
 * bytes, about 150 KiB of them.
 */
#ifndef BOON_NET_OPENAPI_H
#define BOON_NET_OPENAPI_H

#include <stdio.h>

#include "net/json_out.h"

/* Writes the whole document, indented, with a newline at its end. Whether the file took it all, ferror() says. */
void openapi_write(FILE *file);

/* Writes the member "components": schemas, parameters, headers, responses, security. For openapi_write(). */
void openapi_components(struct json_out *out);

/* Writes a fragment of JSON as json_fragment() does, with numbers put in. */
void openapi_put(struct json_out *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
