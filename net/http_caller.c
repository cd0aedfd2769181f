/* http_caller.c -- who asks: Authorization: Basic, or the cookie of a session.
 *
 * A session is stateless: the cookie says who and until when, with a keyed BLAKE2b hash under a key of this life of
 * the server. So a restart ends all sessions, and nothing is kept for a stranger.
 *
 *     boon_session=<name, base64url>.<until, ms since 1970>.<hash, hex>
 */
#include <jansson.h>
#include <sodium/crypto_generichash.h>
#include <sodium/utils.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/bug.h"
#include "net/access.h"
#include "net/clock.h"
#include "net/http_inside.h"
#include "net/server.h"
#include "net/users.h"
#include "net/word.h"

#define COOKIE "boon_session="
#define MAC_BYTES 16U
#define MAC_TEXT_BYTES (2 * MAC_BYTES + 1)
#define CREDENTIALS_BYTES 1024U
#define COOKIE_BYTES 256U

/* Hashes who and until when. */
static void session_mac(const struct http *http, struct text name, int64_t until_ms,
                        char mac[MAC_TEXT_BYTES])
{
    unsigned char bytes[ID_BYTES_MAX + sizeof(until_ms)];
    unsigned char hash[MAC_BYTES];
    ASSERT(name.length <= ID_BYTES_MAX);
    memcpy(bytes, &until_ms, sizeof(until_ms));
    memcpy(bytes + sizeof(until_ms), name.data, name.length);
    int failed = crypto_generichash(hash, sizeof(hash), bytes, sizeof(until_ms) + name.length,
                                    http->session_key, sizeof(http->session_key));
    ASSERT(failed == 0);
    (void)sodium_bin2hex(mac, MAC_TEXT_BYTES, hash, sizeof(hash));
}

/* Finds the session's value among the cookies; length 0: it is not there. */
static struct text find_cookie(struct text cookies)
{
    static const char name[] = COOKIE;
    for (uint32_t at = 0; at + sizeof(name) - 1 <= cookies.length; at++) {
        bool begins = at == 0 || cookies.data[at - 1] == ' ' || cookies.data[at - 1] == ';';
        if (begins && memcmp(cookies.data + at, name, sizeof(name) - 1) == 0) {
            const char *from = cookies.data + at + sizeof(name) - 1;
            return (struct text){from, (uint32_t)strcspn(from, "; ")};
        }
    }
    return TEXT("");
}

/* Reads a session's cookie. False: it is none, over, or forged. */
static bool read_session(const struct http_call *call, const struct user **user)
{
    char name[ID_BYTES_MAX];
    char mac[MAC_TEXT_BYTES];
    size_t length;
    const char *end;
    char *rest;
    struct text value = find_cookie(call->headers.cookie);
    if (value.length == 0 || value.length >= COOKIE_BYTES ||
        sodium_base642bin((unsigned char *)name, sizeof(name), value.data, value.length, NULL,
                          &length, &end, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        *end != '.') {
        return false;
    }
    int64_t until_ms = strtoll(end + 1, &rest, 10);
    struct text who = {name, (uint32_t)length};
    session_mac(call->http, who, until_ms, mac);
    if (*rest != '.' || value.data + value.length != rest + 1 + 2 * MAC_BYTES ||
        sodium_memcmp(rest + 1, mac, 2 * MAC_BYTES) != 0 || clock_real_ms() >= until_ms) {
        return false;
    }
    *user = users_find(&call->server->users, who);
    return *user != NULL || text_equal(who, TEXT("default"));
}

static bool authenticate(struct http_call *call, struct text name, struct text secret,
                         bool *too_many)
{
    char *host = NULL;
    uint16_t port = 0;
    evhttp_connection_get_peer(evhttp_request_get_connection(call->request), &host, &port);
    return access_authenticate(call->server, name, secret, host == NULL ? "" : host, &call->user,
                               too_many);
}

/* Reads "Basic <base64 of name:secret>" and checks it. */
static bool read_basic(struct http_call *call, struct text value, bool *too_many)
{
    char bytes[CREDENTIALS_BYTES];
    size_t length;
    const char *at = value.data + sizeof("Basic ") - 1;
    if (value.length < sizeof("Basic ") || !word_is((struct text){value.data, 6}, "basic ") ||
        sodium_base642bin((unsigned char *)bytes, sizeof(bytes), at, strlen(at), NULL, &length,
                          NULL, sodium_base64_VARIANT_ORIGINAL) != 0) {
        return false;
    }
    const char *colon = memchr(bytes, ':', length);
    if (colon == NULL) {
        return false;
    }
    struct text name = {bytes, (uint32_t)(colon - bytes)};
    struct text secret = {colon + 1, (uint32_t)(length - name.length - 1)};
    bool right = authenticate(call, name, secret, too_many);
    sodium_memzero(bytes, sizeof(bytes));
    return right;
}

/* Finds out who asks, without answering. */
static bool identify(struct http_call *call, bool *too_many)
{
    struct text authorization = call->headers.authorization;
    *too_many = false;
    call->user = NULL;
    call->known = !access_asks(call->server) ||
                  (authorization.length > 0 ? read_basic(call, authorization, too_many)
                                            : read_session(call, &call->user));
    return call->known;
}

bool http_caller_is_known(struct http_call *call)
{
    bool too_many;
    return identify(call, &too_many);
}

/* Guessing costs the one who guesses the connection. */
static void refuse_guess(struct http_call *call)
{
    http_add_header(call, "Connection", "close");
    http_refuse(call, HTTP_PROBLEM_TOO_MANY_ATTEMPTS, "");
}

bool http_caller(struct http_call *call)
{
    bool too_many;
    if (identify(call, &too_many)) {
        return true;
    }
    if (too_many) {
        refuse_guess(call);
        return false;
    }
    if (call->headers.console.length == 0) { /* a browser would ask by itself */
        http_add_header(call, "WWW-Authenticate", "Basic realm=\"Boon\", charset=\"UTF-8\"");
    }
    http_refuse(call, HTTP_PROBLEM_UNAUTHORIZED,
                call->headers.authorization.length > 0 ? "the user or the secret is wrong" : "");
    return false;
}

static void text_or_none(struct json_out *out, const char *key, struct text text)
{
    json_key(out, key);
    if (text.length == 0) {
        json_none(out);
    } else {
        json_text(out, text);
    }
}

/* Shows who asks, and what they may. */
static void show_session(struct http_call *call)
{
    struct json_out *out = &call->reply.out;
    const struct user *user = call->user;
    bool asks = access_asks(call->server);
    call->reply.status = 200;
    json_begin(out, '{');
    text_or_none(out, "user", call->known && asks ? access_name(user) : TEXT(""));
    json_key(out, "roles");
    json_begin(out, '[');
    for (uint32_t at = 0; at < USER_ROLES && call->known; at++) {
        if (access_has_role(user, (enum command_role)user_roles[at].role)) {
            json_text(out, text_of(user_roles[at].word));
        }
    }
    json_end(out, ']');
    json_key(out, "campaigns");
    if (user == NULL || user->campaigns == NULL) {
        json_none(out);
    } else {
        json_begin(out, '[');
        for (uint32_t at = 0; at < user->campaign_count; at++) {
            json_text(out, user->campaigns[at]);
        }
        json_end(out, ']');
    }
    text_or_none(out, "store", user == NULL ? TEXT("") : user->store);
    json_key(out, "login_required");
    json_flag(out, asks);
    json_key(out, "version");
    json_text(out, text_of(BOON_VERSION));
    json_end(out, '}');
    http_send(call, 0);
}

/* Sets or takes away the session's cookie. */
static void set_cookie(const struct http_call *call, struct text name)
{
    char encoded[sodium_base64_ENCODED_LEN(ID_BYTES_MAX, sodium_base64_VARIANT_URLSAFE_NO_PADDING)];
    char mac[MAC_TEXT_BYTES];
    char cookie[COOKIE_BYTES + 128];
    int64_t until_ms = clock_real_ms() + HTTP_SESSION_MS;
    (void)sodium_bin2base64(encoded, sizeof(encoded), (const unsigned char *)name.data, name.length,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    session_mac(call->http, name, until_ms, mac);
    snprintf(cookie, sizeof(cookie),
             COOKIE "%s.%lld.%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%lld", encoded,
             (long long)until_ms, mac, (long long)HTTP_SESSION_MS / 1000);
    http_add_header(call, "Set-Cookie", cookie);
}

static void log_in(struct http_call *call)
{
    struct text body = http_body(call);
    json_error_t error;
    bool too_many = false;
    if (!http_body_is_json(call)) {
        http_refuse(call, HTTP_PROBLEM_UNSUPPORTED_MEDIA_TYPE, "");
        return;
    }
    json_t *root = json_loadb(body.data, body.length, JSON_REJECT_DUPLICATES, &error);
    const json_t *user = json_object_get(root, "user");
    const json_t *secret = json_object_get(root, "secret");
    if (!json_is_string(user) || !json_is_string(secret) || json_object_size(root) != 2) {
        json_decref(root);
        http_refuse(call, HTTP_PROBLEM_BAD_JSON, "send {\"user\": \"…\", \"secret\": \"…\"}");
        return;
    }
    struct text name = {json_string_value(user), (uint32_t)json_string_length(user)};
    struct text given = {json_string_value(secret), (uint32_t)json_string_length(secret)};
    if (access_asks(call->server)) {
        call->known = authenticate(call, name, given, &too_many);
    } else {
        call->known = true;
    }
    if (!call->known) {
        json_decref(root);
        if (too_many) {
            refuse_guess(call);
        } else {
            http_refuse(call, HTTP_PROBLEM_UNAUTHORIZED, "the user or the secret is wrong");
        }
        return;
    }
    if (access_asks(call->server)) {
        set_cookie(call, access_name(call->user));
    }
    json_decref(root);
    show_session(call);
}

void http_session(struct http_call *call)
{
    bool too_many;
    if (call->method == EVHTTP_REQ_POST) {
        log_in(call);
    } else if (call->method == EVHTTP_REQ_DELETE) {
        http_add_header(call, "Set-Cookie",
                        COOKIE "; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
        call->reply.status = 204;
        http_send(call, 0);
    } else {
        if (!identify(call, &too_many) && too_many) {
            refuse_guess(call);
        } else {
            show_session(call);
        }
    }
}
