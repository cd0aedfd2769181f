/* secret.c -- the secret file read with care and made with more. */
#include "net/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/bug.h"

#define FILE_BYTES_MAX 8192
#define LINE_BYTES_MAX 256
#define PATH_BYTES_MAX 4096
#define HEX_DIGITS (2 * SECRET_KEY_BYTES)

static const char first_line[] = "boon-secret 1";

/* One reading of a file's text. */
struct reader {
    struct secrets *secrets;
    struct secret_message *message;
    const char *path;
    unsigned line; /* 1.. */
    bool has_phone;
    bool has_request;
};

static enum secret_status refuse(struct secret_message *message, enum secret_status status,
                                 const char *format, ...) __attribute__((format(printf, 3, 4)));

static enum secret_status refuse(struct secret_message *message, enum secret_status status,
                                 const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message->text, sizeof message->text, format, arguments);
    va_end(arguments);
    return status;
}

static enum secret_status refuse_line(const struct reader *reader, const char *what)
{
    return refuse(reader->message, SECRET_BAD, "%.300s:%u: %s", reader->path, reader->line, what);
}

/* Hash what a key is for, its id and its bytes. One-way; domains are kept apart by the kind. */
static void fingerprint_key(struct secret_key *key, const char *kind)
{
    crypto_generichash_state state;
    unsigned char hash[crypto_generichash_BYTES];

    crypto_generichash_init(&state, NULL, 0, sizeof hash);
    crypto_generichash_update(&state, (const unsigned char *)first_line, sizeof first_line);
    crypto_generichash_update(&state, (const unsigned char *)kind, strlen(kind) + 1);
    crypto_generichash_update(&state, &key->id, 1);
    crypto_generichash_update(&state, key->bytes, sizeof key->bytes);
    crypto_generichash_final(&state, hash, sizeof hash);
    memcpy(key->fingerprint, hash, sizeof key->fingerprint);
    sodium_memzero(&state, sizeof state);
}

static void fingerprint_all(struct secrets *secrets)
{
    crypto_generichash_state state;
    unsigned char hash[crypto_generichash_BYTES];

    crypto_generichash_init(&state, NULL, 0, sizeof hash);
    crypto_generichash_update(&state, secrets->phone.fingerprint, SECRET_FINGERPRINT_BYTES);
    crypto_generichash_update(&state, secrets->request.fingerprint, SECRET_FINGERPRINT_BYTES);
    for (size_t i = 0; i < secrets->coupon_count; i++) {
        crypto_generichash_update(&state, secrets->coupon[i].fingerprint, SECRET_FINGERPRINT_BYTES);
    }
    crypto_generichash_final(&state, hash, sizeof hash);
    memcpy(secrets->fingerprint, hash, sizeof secrets->fingerprint);
}

/* Read exactly 64 hex digits that end the line. */
static bool read_key(const char *hex, struct secret_key *key)
{
    size_t length = 0;

    return strlen(hex) == HEX_DIGITS &&
           sodium_hex2bin(key->bytes, sizeof key->bytes, hex, HEX_DIGITS, NULL, &length, NULL) ==
               0 &&
           length == sizeof key->bytes;
}

/* Tell whether another key of the file has the same bytes: someone copied a line. */
static bool is_known(const struct reader *reader, const struct secret_key *key)
{
    const struct secrets *secrets = reader->secrets;
    bool known = (reader->has_phone &&
                  sodium_memcmp(secrets->phone.bytes, key->bytes, SECRET_KEY_BYTES) == 0) ||
                 (reader->has_request &&
                  sodium_memcmp(secrets->request.bytes, key->bytes, SECRET_KEY_BYTES) == 0);

    for (size_t i = 0; i < secrets->coupon_count; i++) {
        known = known || sodium_memcmp(secrets->coupon[i].bytes, key->bytes, SECRET_KEY_BYTES) == 0;
    }
    return known;
}

static enum secret_status take_coupon_key(struct reader *reader, const char *rest)
{
    struct secrets *secrets = reader->secrets;
    size_t digits = strspn(rest, "0123456789");
    unsigned id = 0;

    for (size_t i = 0; i < digits && id < 100; i++) {
        id = id * 10 + (unsigned)(rest[i] - '0');
    }
    if (digits == 0 || digits > 2 || id >= SECRET_COUPON_KEYS_MAX || rest[digits] != ' ') {
        return refuse_line(reader, "a coupon key is `coupon ID KEY`, with an id of 0..15");
    }
    if (secret_coupon_key(secrets, (uint8_t)id) != NULL) {
        return refuse_line(reader, "this coupon key's id is taken by an earlier line");
    }
    ASSERT(secrets->coupon_count < SECRET_COUPON_KEYS_MAX);
    struct secret_key *key = &secrets->coupon[secrets->coupon_count];
    if (!read_key(rest + digits + 1, key)) {
        return refuse_line(reader, "a key is 64 hex digits and nothing behind them");
    }
    if (is_known(reader, key)) {
        return refuse_line(reader, "this key is in the file already");
    }
    key->id = (uint8_t)id;
    fingerprint_key(key, "coupon");
    secrets->coupon_count++;
    return SECRET_OK;
}

static enum secret_status take_single_key(struct reader *reader, const char *rest, const char *kind,
                                          struct secret_key *key, bool *has)
{
    if (*has) {
        return refuse_line(reader, "there is one phone key and one request key; they never change");
    }
    if (!read_key(rest, key)) {
        return refuse_line(reader, "a key is 64 hex digits and nothing behind them");
    }
    if (is_known(reader, key)) {
        return refuse_line(reader, "this key is in the file already");
    }
    fingerprint_key(key, kind);
    *has = true;
    return SECRET_OK;
}

static enum secret_status take_line(struct reader *reader, const char *line)
{
    struct secrets *secrets = reader->secrets;

    if (reader->line == 1) {
        return strcmp(line, first_line) == 0
                   ? SECRET_OK
                   : refuse_line(reader, "not a secret file of this version: the first line is "
                                         "`boon-secret 1`");
    }
    if (line[0] == '\0' || line[0] == '#') {
        return SECRET_OK;
    }
    if (strncmp(line, "coupon ", 7) == 0) {
        return take_coupon_key(reader, line + 7);
    }
    if (strncmp(line, "phone ", 6) == 0) {
        return take_single_key(reader, line + 6, "phone", &secrets->phone, &reader->has_phone);
    }
    if (strncmp(line, "request ", 8) == 0) {
        return take_single_key(reader, line + 8, "request", &secrets->request,
                               &reader->has_request);
    }
    return refuse_line(reader,
                       "a line is `coupon ID KEY`, `phone KEY`, `request KEY` or a comment");
}

static enum secret_status read_lines(struct reader *reader, char *text, size_t length)
{
    enum secret_status status = SECRET_OK;
    char *line = text;

    if (memchr(text, '\0', length) != NULL) {
        return refuse(reader->message, SECRET_BAD, "%.300s holds a NUL byte: not a secret file",
                      reader->path);
    }
    while (status == SECRET_OK && (*line != '\0' || reader->line == 0)) {
        size_t line_length = strcspn(line, "\n");
        char *next = line + line_length + (line[line_length] == '\n' ? 1 : 0);
        line[line_length] = '\0';
        if (line_length > 0 && line[line_length - 1] == '\r') {
            line[line_length - 1] = '\0';
        }
        reader->line++;
        status = take_line(reader, line);
        line = next;
    }
    if (status != SECRET_OK) {
        return status;
    }
    if (reader->secrets->coupon_count == 0 || !reader->has_phone || !reader->has_request) {
        return refuse(reader->message, SECRET_BAD, "%.300s has no %s key", reader->path,
                      reader->secrets->coupon_count == 0 ? "coupon"
                      : !reader->has_phone               ? "phone"
                                                         : "request");
    }
    fingerprint_all(reader->secrets);
    return SECRET_OK;
}

/* Read an open file whole into `text`, NUL-terminated. Return its length, or -1 with errno. */
static ssize_t read_whole(int fd, char text[FILE_BYTES_MAX + 1])
{
    size_t length = 0;
    ssize_t got;

    do {
        got = read(fd, text + length, FILE_BYTES_MAX - length);
        length += got > 0 ? (size_t)got : 0;
    } while ((got > 0 && length < FILE_BYTES_MAX) || (got < 0 && errno == EINTR));
    text[length] = '\0';
    return got < 0 ? -1 : (ssize_t)length;
}

static enum secret_status load_open(int fd, struct reader *reader)
{
    char text[FILE_BYTES_MAX + 1];
    struct stat status;
    enum secret_status result;

    if (fstat(fd, &status) != 0) {
        return refuse(reader->message, SECRET_FAILED, "cannot look at %.300s: %s", reader->path,
                      strerror(errno));
    }
    if (!S_ISREG(status.st_mode)) {
        return refuse(reader->message, SECRET_BAD, "%.300s is not a file", reader->path);
    }
    if ((status.st_mode & 077) != 0) {
        return refuse(reader->message, SECRET_EXPOSED,
                      "%.200s may be read by others than its owner (mode %04o): chmod 600 %.200s",
                      reader->path, (unsigned)(status.st_mode & 07777), reader->path);
    }
    if (status.st_size >= FILE_BYTES_MAX) {
        return refuse(reader->message, SECRET_BAD, "%.300s is too long for a secret file",
                      reader->path);
    }
    ssize_t length = read_whole(fd, text);
    result = length < 0 ? refuse(reader->message, SECRET_FAILED, "cannot read %.300s: %s",
                                 reader->path, strerror(errno))
                        : read_lines(reader, text, (size_t)length);
    sodium_memzero(text, sizeof text);
    return result;
}

enum secret_status secret_load(struct secrets *secrets, const char *path,
                               struct secret_message *message)
{
    struct reader reader = {.secrets = secrets, .message = message, .path = path};
    enum secret_status status;

    ASSERT(secrets != NULL);
    ASSERT(path != NULL);
    message->text[0] = '\0';
    sodium_memzero(secrets, sizeof *secrets);
    if (sodium_init() < 0) {
        return refuse(message, SECRET_FAILED, "the system gives no random numbers");
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && errno == ENOENT) {
        return refuse(message, SECRET_MISSING,
                      "there is no secret file %.300s: coupons can neither be issued nor checked "
                      "without it; restore it from its backup",
                      path);
    }
    if (fd < 0) {
        return refuse(message, SECRET_FAILED, "cannot open %.300s: %s", path, strerror(errno));
    }
    status = load_open(fd, &reader);
    close(fd);
    if (status != SECRET_OK) {
        sodium_memzero(secrets, sizeof *secrets);
    }
    return status;
}

/* Write a file of fresh keys to `fd` and sync it. Return 0 or -1 with errno. */
static int write_keys(int fd)
{
    static const char *const kinds[] = {"coupon 0", "phone", "request"};
    char text[4 * LINE_BYTES_MAX];
    size_t length = (size_t)snprintf(text, sizeof text, "%s\n", first_line);
    int result = 0;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        unsigned char key[SECRET_KEY_BYTES];
        char hex[HEX_DIGITS + 1];
        randombytes_buf(key, sizeof key);
        sodium_bin2hex(hex, sizeof hex, key, sizeof key);
        length += (size_t)snprintf(text + length, sizeof text - length, "%s %s\n", kinds[i], hex);
        sodium_memzero(key, sizeof key);
        sodium_memzero(hex, sizeof hex);
    }
    ASSERT(length < sizeof text);
    for (size_t at = 0; at < length && result == 0;) {
        ssize_t written = write(fd, text + at, length - at);
        at += written > 0 ? (size_t)written : 0;
        result = written < 0 && errno != EINTR ? -1 : 0;
    }
    sodium_memzero(text, sizeof text);
    return result == 0 ? fsync(fd) : result;
}

/* Sync the directory in which `path` lies, so that the name itself lasts. */
static int sync_directory(const char *path)
{
    char directory[PATH_BYTES_MAX];
    const char *slash = strrchr(path, '/');
    int length = slash == NULL ? 0 : (int)(slash - path);

    snprintf(directory, sizeof directory, "%.*s", slash == path ? 1 : length, path);
    int fd = open(length == 0 && slash == NULL ? "." : directory,
                  O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    int result = fsync(fd);
    close(fd);
    return result;
}

enum secret_status secret_create(const char *path, struct secret_message *message)
{
    char made[PATH_BYTES_MAX + 32];

    ASSERT(path != NULL);
    message->text[0] = '\0';
    if (sodium_init() < 0) {
        return refuse(message, SECRET_FAILED, "the system gives no random numbers");
    }
    if (strlen(path) >= PATH_BYTES_MAX) {
        return refuse(message, SECRET_FAILED, "the path of the secret file is too long");
    }
    snprintf(made, sizeof made, "%s.new-%08x", path, randombytes_random());
    int fd = open(made, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return refuse(message, SECRET_FAILED, "cannot create %.300s: %s", made, strerror(errno));
    }
    int result = write_keys(fd);
    int error = errno;
    close(fd);
    /* A link fails where the name is taken; a rename would replace what may be the only copy. */
    if (result == 0) {
        result = link(made, path);
        error = errno;
    }
    unlink(made);
    if (result == 0) {
        result = sync_directory(path);
        error = errno;
    }
    if (result == 0) {
        return SECRET_OK;
    }
    if (error == EEXIST) {
        return refuse(message, SECRET_EXISTS, "there is a secret file %.300s already", path);
    }
    return refuse(message, SECRET_FAILED, "cannot create the secret file %.300s: %s", path,
                  strerror(error));
}

const struct secret_key *secret_signing_key(const struct secrets *secrets)
{
    ASSERT(secrets->coupon_count > 0);
    return &secrets->coupon[secrets->coupon_count - 1];
}

const struct secret_key *secret_coupon_key(const struct secrets *secrets, uint8_t id)
{
    for (size_t i = 0; i < secrets->coupon_count; i++) {
        if (secrets->coupon[i].id == id) {
            return &secrets->coupon[i];
        }
    }
    return NULL;
}

void secret_deinit(struct secrets *secrets)
{
    sodium_memzero(secrets, sizeof *secrets);
}
