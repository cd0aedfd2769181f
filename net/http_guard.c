/* http_guard.c -- duplicate and contradicting headers, bodies where none belong, foreign origins. */
#include "net/http_guard.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <sys/queue.h>

#include "net/word.h"

/* What was seen while going through the headers once. */
struct seen {
    unsigned count;
    unsigned hosts;
    unsigned lengths;
    unsigned encodings;
    const char *host;
    const char *length;
    const char *encoding;
};

/* tchar of RFC 9110. */
static bool is_token(const char *name)
{
    for (const char *at = name; *at != '\0'; at++) {
        bool letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z');
        bool digit = *at >= '0' && *at <= '9';
        if (!letter && !digit && strchr("!#$%&'*+-.^_`|~", *at) == NULL) {
            return false;
        }
    }
    return name[0] != '\0';
}

static bool is_clean(const char *value)
{
    for (const char *at = value; *at != '\0'; at++) {
        if (((unsigned char)*at < 0x20 && *at != '\t') || *at == 0x7f) {
            return false;
        }
    }
    return true;
}

static const char *look(const struct evkeyvalq *headers, struct seen *seen)
{
    const struct evkeyval *header;
    TAILQ_FOREACH(header, headers, next)
    {
        if (++seen->count > HTTP_HEADERS_MAX) {
            return "more than 64 headers";
        }
        if (!is_token(header->key)) {
            return "a header's name has characters that do not belong there";
        }
        if (!is_clean(header->value)) {
            return "a header has control characters";
        }
        struct text key = text_of(header->key);
        if (word_is(key, "host")) {
            seen->hosts++;
            seen->host = header->value;
        } else if (word_is(key, "content-length")) {
            seen->lengths++;
            seen->length = header->value;
        } else if (word_is(key, "transfer-encoding")) {
            seen->encodings++;
            seen->encoding = header->value;
        }
    }
    return NULL;
}

static bool is_digits(const char *value)
{
    size_t length = strspn(value, "0123456789");
    return length > 0 && length <= 18 && value[length] == '\0';
}

/* Bytes of a body may have one length only. */
static const char *check_length(const struct evhttp_request *request, const struct seen *seen)
{
    enum evhttp_cmd_type command = evhttp_request_get_command(request);
    bool takes_body = command == EVHTTP_REQ_POST || command == EVHTTP_REQ_PUT;
    if (seen->lengths > 1) {
        return "more than one Content-Length";
    }
    if (seen->encodings > 1) {
        return "more than one Transfer-Encoding";
    }
    if (seen->lengths > 0 && seen->encodings > 0) {
        return "both Content-Length and Transfer-Encoding";
    }
    if (seen->encodings > 0 && !word_is(text_of(seen->encoding), "chunked")) {
        return "a Transfer-Encoding other than chunked";
    }
    if (seen->encodings > 0 && request->major == 1 && request->minor == 0) {
        return "a Transfer-Encoding in HTTP/1.0";
    }
    if (seen->lengths > 0 && !is_digits(seen->length)) {
        return "a Content-Length that is no whole number";
    }
    if (!takes_body && (seen->encodings > 0 ||
                        (seen->lengths > 0 && strspn(seen->length, "0") != strlen(seen->length)))) {
        return "a body where none belongs";
    }
    return NULL;
}

const char *http_guard(struct evhttp_request *request)
{
    struct seen seen = {0};
    if (request->major != 1 || request->minor < 0 || request->minor > 1) {
        return "an HTTP version other than 1.0 and 1.1";
    }
    const char *wrong = look(evhttp_request_get_input_headers(request), &seen);
    if (wrong != NULL) {
        return wrong;
    }
    if (seen.hosts > 1) {
        return "more than one Host";
    }
    if (seen.hosts == 0 && request->minor == 1) {
        return "no Host";
    }
    if (seen.host != NULL && strpbrk(seen.host, " ,/@?#") != NULL) {
        return "a Host that is none";
    }
    return check_length(request, &seen);
}

bool http_guard_is_foreign(struct evhttp_request *request)
{
    const struct evkeyvalq *headers = evhttp_request_get_input_headers(request);
    const char *origin = evhttp_find_header(headers, "Origin");
    const char *host = evhttp_find_header(headers, "Host");
    if (origin == NULL) {
        return false;
    }
    const char *authority = strstr(origin, "://");
    return host == NULL || authority == NULL || !word_equal(text_of(authority + 3), text_of(host));
}

bool http_guard_host_is_plain(struct evhttp_request *request)
{
    const char *host = evhttp_find_header(evhttp_request_get_input_headers(request), "Host");
    char name[64];
    unsigned char address[sizeof(struct in6_addr)];
    if (host == NULL) {
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
