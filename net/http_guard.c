/* http_guard.c -- duplicate and contradicting headers, bodies where none belong, foreign origins. */
#include "net/http_guard.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <sys/queue.h>

#include "net/word.h"

/* tchar of RFC 9110. */
static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           (c != '\0' && strchr("!#$%&'*+.^_`|~", c) != NULL);
}

static bool is_value_byte(char c)
{
    return ((unsigned char)c >= 0x20 && c != 0x7f) || c == '\t';
}

/* Measures a header's name or value; UINT32_MAX: it has bytes that do not belong there. */
static uint32_t measure(const char *bytes, bool (*belongs)(char c))
{
    uint32_t length = 0;
    while (bytes[length] != '\0') {
        if (!belongs(bytes[length])) {
            return UINT32_MAX;
        }
        length++;
    }
    return length;
}

/* Which field a header goes to; NULL: one that nobody looks at. */
static struct text *field_of(struct http_headers *headers, struct text name)
{
    static const struct {
        const char *name;
        size_t offset;
    } fields[] = {
        {"host", offsetof(struct http_headers, host)},
        {"origin", offsetof(struct http_headers, origin)},
        {"content-length", offsetof(struct http_headers, length)},
        {"transfer-encoding", offsetof(struct http_headers, encoding)},
        {"content-type", offsetof(struct http_headers, type)},
        {"idempotency-key", offsetof(struct http_headers, request)},
        {"out_request_no", offsetof(struct http_headers, request)},
        {"if-match", offsetof(struct http_headers, if_match)},
        {"if-none-match", offsetof(struct http_headers, if_none_match)},
        {"boon-reason", offsetof(struct http_headers, reason)},
        {"authorization", offsetof(struct http_headers, authorization)},
        {"cookie", offsetof(struct http_headers, cookie)},
        {"accept-language", offsetof(struct http_headers, language)},
        {"x-boon-console", offsetof(struct http_headers, console)},
    };
    for (size_t at = 0; at < sizeof(fields) / sizeof(fields[0]); at++) {
        if (word_is(name, fields[at].name)) {
            return (struct text *)(void *)((char *)headers + fields[at].offset);
        }
    }
    return NULL;
}

/* Of two of these somebody else may have taken the other one. Those that are counted are told by their names. */
static bool may_come_once(const struct http_headers *headers, const struct text *field)
{
    return field == &headers->origin || field == &headers->type || field == &headers->request ||
           field == &headers->if_match || field == &headers->reason ||
           field == &headers->authorization;
}

static const char *look(const struct evkeyvalq *list, struct http_headers *headers)
{
    unsigned count = 0;
    const struct evkeyval *header;
    TAILQ_FOREACH(header, list, next)
    {
        struct text name = {header->key, measure(header->key, is_name_byte)};
        struct text value = {header->value, measure(header->value, is_value_byte)};
        if (++count > HTTP_HEADERS_MAX) {
            return "more than 64 headers";
        }
        if (name.length == 0 || name.length == UINT32_MAX) {
            return "a header's name has characters that do not belong there";
        }
        if (value.length == UINT32_MAX) {
            return "a header has control characters";
        }
        struct text *field = field_of(headers, name);
        if (field != NULL) {
            if (field->data != NULL && may_come_once(headers, field)) {
                return "a header comes twice that may come once";
            }
            *field = value;
            headers->hosts += field == &headers->host ? 1 : 0;
            headers->lengths += field == &headers->length ? 1 : 0;
            headers->encodings += field == &headers->encoding ? 1 : 0;
        }
    }
    return NULL;
}

static bool is_digits(struct text value)
{
    uint32_t at = 0;
    while (at < value.length && value.data[at] >= '0' && value.data[at] <= '9') {
        at++;
    }
    return at == value.length && at > 0 && at <= 18;
}

/* Bytes of a body may have one length only. */
static const char *check_length(const struct evhttp_request *request,
                                const struct http_headers *headers)
{
    enum evhttp_cmd_type command = evhttp_request_get_command(request);
    bool takes_body = command == EVHTTP_REQ_POST || command == EVHTTP_REQ_PUT;
    if (headers->lengths > 1) {
        return "more than one Content-Length";
    }
    if (headers->encodings > 1) {
        return "more than one Transfer-Encoding";
    }
    if (headers->lengths > 0 && headers->encodings > 0) {
        return "both Content-Length and Transfer-Encoding";
    }
    if (headers->encodings > 0 && !word_is(headers->encoding, "chunked")) {
        return "a Transfer-Encoding other than chunked";
    }
    if (headers->encodings > 0 && request->minor == 0) {
        return "a Transfer-Encoding in HTTP/1.0";
    }
    if (headers->lengths > 0 && !is_digits(headers->length)) {
        return "a Content-Length that is no whole number";
    }
    if (!takes_body && (headers->encodings > 0 ||
                        (headers->lengths > 0 && !text_equal(headers->length, TEXT("0"))))) {
        return "a body where none belongs";
    }
    return NULL;
}

const char *http_guard(struct evhttp_request *request, struct http_headers *headers)
{
    memset(headers, 0, sizeof(*headers));
    if (request->major != 1 || request->minor < 0 || request->minor > 1) {
        return "an HTTP version other than 1.0 and 1.1";
    }
    const char *wrong = look(evhttp_request_get_input_headers(request), headers);
    if (wrong != NULL) {
        return wrong;
    }
    if (headers->hosts > 1) {
        return "more than one Host";
    }
    if (headers->hosts == 0 && request->minor == 1) {
        return "no Host";
    }
    if (headers->hosts > 0 && strpbrk(headers->host.data, " ,/@?#") != NULL) {
        return "a Host that is none";
    }
    return check_length(request, headers);
}

/* Tells whether a target with a host of its own (http://host/path) has the one of the header. */
static bool names_our_host(const struct evhttp_uri *uri, struct text ours)
{
    char authority[300];
    const char *host = evhttp_uri_get_host(uri);
    int port = evhttp_uri_get_port(uri);
    if (host == NULL) {
        return true;
    }
    int length = port < 0 ? snprintf(authority, sizeof(authority), "%s", host)
                          : snprintf(authority, sizeof(authority), "%s:%d", host, port);
    return length < (int)sizeof(authority) && evhttp_uri_get_userinfo(uri) == NULL &&
           word_equal(text_of(authority), ours);
}

const char *http_guard_target(struct evhttp_request *request, const struct http_headers *headers,
                              struct text *path, struct text *query)
{
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
    const char *whole = evhttp_request_get_uri(request);
    const char *its_path = uri == NULL ? NULL : evhttp_uri_get_path(uri);
    const char *its_query = uri == NULL ? NULL : evhttp_uri_get_query(uri);
    if (its_path == NULL || its_path[0] != '/' || whole == NULL || strpbrk(whole, " \t") != NULL) {
        return "a target that is no path";
    }
    *path = text_of(its_path);
    *query = text_of(its_query == NULL ? "" : its_query);
    return names_our_host(uri, headers->host) ? NULL : "a target with another host";
}

bool http_guard_is_foreign(const struct http_headers *headers)
{
    struct text origin = headers->origin;
    if (origin.length == 0) {
        return false;
    }
    const char *authority = strstr(origin.data, "://");
    return authority == NULL || !word_equal(text_of(authority + 3), headers->host);
}

bool http_guard_host_is_plain(const struct http_headers *headers)
{
    const char *host = headers->host.data;
    char name[64];
    unsigned char address[sizeof(struct in6_addr)];
    if (headers->hosts == 0) {
        return true; /* HTTP/1.0: no browser */
    }
    size_t length = host[0] == '[' ? strcspn(host, "]") : strcspn(host, ":");
    size_t from = host[0] == '[' ? 1 : 0;
    if (length < from || length - from >= sizeof(name)) {
        return false;
    }
    memcpy(name, host + from, length - from);
    name[length - from] = '\0';
    return word_is(text_of(name), "localhost") || inet_pton(AF_INET, name, address) == 1 ||
           inet_pton(AF_INET6, name, address) == 1;
}
