/* users.c -- the users file: read with care, every member checked, secrets compared. */
#include "net/users.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/bug.h"
#include "net/command_parse.h"
#include "net/suggest.h"
#include "net/utf8.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define HASH_HEAD "blake2b:"
#define SECRET_HEAD "boon_"
#define SECRET_BYTES 32U
#define MISTAKES_MAX 16U

const struct user_role user_roles[USER_ROLES] = {
    {"read", COMMAND_ROLE_READ},
    {"issue", COMMAND_ROLE_ISSUE},
    {"redeem", COMMAND_ROLE_REDEEM},
    {"admin", COMMAND_ROLE_ADMIN},
};

static const char *const root_members[] = {"users"};
static const char *const user_members[] = {"name", "secret", "roles", "campaigns", "store"};

/* One checking of a document. */
struct check {
    struct users_message *message;
    size_t length;     /* of the message */
    unsigned mistakes; /* found so far */
    char pointer[256]; /* of the value looked at */
};

/* ---- mistakes ---- */

static void append(struct check *check, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

static void append(struct check *check, const char *format, va_list arguments)
{
    size_t room = sizeof(check->message->text) - check->length;
    int length = vsnprintf(check->message->text + check->length, room, format, arguments);
    ASSERT(length >= 0);
    check->length += (size_t)length < room ? (size_t)length : room - 1;
}

static void say(struct check *check, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct check *check, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    append(check, format, arguments);
    va_end(arguments);
}

static void mistake(struct check *check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Notes a mistake about the value looked at, on a line of its own. */
static void mistake(struct check *check, const char *format, ...)
{
    if (++check->mistakes > MISTAKES_MAX) {
        return;
    }
    say(check, "\n  %s: ", check->pointer[0] == '\0' ? "the document" : check->pointer);
    va_list arguments;
    va_start(arguments, format);
    append(check, format, arguments);
    va_end(arguments);
}

/* Goes to a member of the value looked at. Returns where to leave() to. */
static size_t enter(struct check *check, const char *member)
{
    size_t before = strlen(check->pointer);
    size_t length = before;
    check->pointer[length++] = '/';
    /* A name ends where the pointer is full, and shows no byte that would control a terminal. */
    for (; *member != '\0' && length + 3 < sizeof(check->pointer); member++) {
        if (*member == '~' || *member == '/') {
            check->pointer[length++] = '~';
            check->pointer[length++] = *member == '~' ? '0' : '1';
        } else {
            check->pointer[length++] = *member >= ' ' && *member <= '~' ? *member : '?';
        }
    }
    check->pointer[length] = '\0';
    return before;
}

static size_t enter_index(struct check *check, size_t index)
{
    char digits[24];
    snprintf(digits, sizeof(digits), "%zu", index);
    return enter(check, digits);
}

static void leave(struct check *check, size_t before)
{
    check->pointer[before] = '\0';
}

/* Notes every member that `allowed` does not have. */
static void check_members(struct check *check, json_t *object, const char *const *allowed,
                          size_t count)
{
    const char *key;
    json_t *unused;
    json_object_foreach(object, key, unused)
    {
        bool known = false;
        for (size_t at = 0; at < count; at++) {
            known = known || strcmp(key, allowed[at]) == 0;
        }
        if (!known) {
            size_t before = enter(check, key);
            const char *nearest = suggest_nearest(text_of(key), allowed, count);
            mistake(check, "there is no such member%s%s%s",
                    nearest == NULL ? "" : "; did you mean ", nearest == NULL ? "" : nearest,
                    nearest == NULL ? "" : "?");
            leave(check, before);
        }
    }
}

/* ---- members ---- */

static struct text text_in(const json_t *string)
{
    return (struct text){json_string_value(string), (uint32_t)json_string_length(string)};
}

/* Tells whether a value is clean text of 1 to 64 bytes. What is wrong is noted, with the rule. */
static bool take_text(struct check *check, const json_t *value, const char *rule, struct text *text)
{
    *text = json_is_string(value) ? text_in(value) : TEXT("");
    if (text->length >= 1 && text->length <= ID_BYTES_MAX && utf8_is_clean(*text)) {
        return true;
    }
    mistake(check, "%s1 to 64 bytes of UTF-8 without control characters%s",
            value == NULL            ? "is missing: "
            : !json_is_string(value) ? "is not text: "
            : !utf8_is_clean(*text)  ? "holds a control character: "
                                     : "",
            rule);
    return false;
}

static void take_name(struct check *check, const json_t *object, struct users *users,
                      struct user *user)
{
    size_t before = enter(check, "name");
    struct text name;
    if (take_text(check, json_object_get(object, "name"), ", space and ':'", &name)) {
        if (memchr(name.data, ' ', name.length) != NULL ||
            memchr(name.data, ':', name.length) != NULL) {
            /* HTTP parts name and secret by ':', CLIENT LIST its fields by spaces. */
            mistake(check, "holds a space or ':', which a name cannot");
        } else if (text_equal(name, TEXT("default"))) {
            mistake(check, "default is who gives the password of --password, and not in this file");
        } else if (users_find(users, name) != NULL) {
            mistake(check, "another user has this name already");
        }
        user->name = name;
    }
    leave(check, before);
}

static bool read_hash(struct text text, struct user *user)
{
    size_t head = sizeof(HASH_HEAD) - 1;
    size_t salt = (size_t)2 * USER_SALT_BYTES;
    size_t hash = (size_t)2 * USER_HASH_BYTES;
    size_t salted = 0;
    size_t hashed = 0;
    return text.length == head + salt + 1 + hash && memcmp(text.data, HASH_HEAD, head) == 0 &&
           text.data[head + salt] == ':' &&
           sodium_hex2bin(user->salt, sizeof(user->salt), text.data + head, salt, NULL, &salted,
                          NULL) == 0 &&
           sodium_hex2bin(user->hash, sizeof(user->hash), text.data + head + salt + 1, hash, NULL,
                          &hashed, NULL) == 0 &&
           salted == sizeof(user->salt) && hashed == sizeof(user->hash);
}

static void take_secret(struct check *check, const json_t *object, struct user *user)
{
    const json_t *value = json_object_get(object, "secret");
    size_t before = enter(check, "secret");
    if (!json_is_string(value) || !read_hash(text_in(value), user)) {
        mistake(check,
                "%sblake2b:, 32 hex digits of salt, ':' and 64 of the hash, as boon-server "
                "user writes it",
                value == NULL ? "is missing: " : "");
    }
    leave(check, before);
}

static uint32_t role_of(const json_t *word)
{
    for (size_t at = 0; json_is_string(word) && at < USER_ROLES; at++) {
        if (strcmp(json_string_value(word), user_roles[at].word) == 0) {
            return user_roles[at].role;
        }
    }
    return 0;
}

static void take_roles(struct check *check, const json_t *object, struct user *user)
{
    const json_t *list = json_object_get(object, "roles");
    size_t before = enter(check, "roles");
    if (!json_is_array(list) || json_array_size(list) == 0) {
        mistake(check, "%sa list of read, issue, redeem and admin, at least one of them",
                list == NULL ? "is missing: " : "");
    }
    for (size_t at = 0; at < json_array_size(list); at++) {
        uint32_t role = role_of(json_array_get(list, at));
        size_t inside = enter_index(check, at);
        if (role == 0) {
            mistake(check, "one of read, issue, redeem, admin");
        } else if ((user->roles & role) != 0) {
            mistake(check, "is given twice");
        }
        user->roles |= role;
        leave(check, inside);
    }
    leave(check, before);
}

/* Takes the patterns into the run of all users' patterns that begins at `to`; there is room for each of the file. */
static void take_campaigns(struct check *check, const json_t *object, struct user *user,
                           struct text *to)
{
    const json_t *list = json_object_get(object, "campaigns");
    if (list == NULL) {
        return;
    }
    size_t before = enter(check, "campaigns");
    size_t count = json_array_size(list);
    if (!json_is_array(list) || count == 0 || count > USER_CAMPAIGNS_MAX) {
        mistake(check, "a list of 1 to %u patterns of campaign ids such as \"sale*\", or left out",
                USER_CAMPAIGNS_MAX);
        count = 0;
    }
    for (size_t at = 0; at < count; at++) {
        size_t inside = enter_index(check, at);
        (void)take_text(check, json_array_get(list, at), "", &to[at]);
        leave(check, inside);
    }
    user->campaigns = to;
    user->campaign_count = (uint32_t)count;
    leave(check, before);
}

static void take_store(struct check *check, const json_t *object, struct user *user)
{
    const json_t *value = json_object_get(object, "store");
    if (value == NULL) {
        return;
    }
    size_t before = enter(check, "store");
    if (take_text(check, value, ", not beginning with '@'", &user->store) &&
        user->store.data[0] == '@') {
        mistake(check, "begins with '@', which no store id does");
    }
    leave(check, before);
}

static size_t count_patterns(const json_t *list)
{
    size_t total = 0;
    for (size_t at = 0; at < json_array_size(list); at++) {
        total += json_array_size(json_object_get(json_array_get(list, at), "campaigns"));
    }
    return total;
}

static void take_user(struct check *check, json_t *object, struct users *users,
                      struct text **patterns)
{
    struct user *user = &users->list[users->count];
    if (!json_is_object(object)) {
        mistake(check, "an object with name, secret and roles");
        return;
    }
    take_name(check, object, users, user);
    take_secret(check, object, user);
    take_roles(check, object, user);
    take_campaigns(check, object, user, *patterns);
    take_store(check, object, user);
    check_members(check, object, user_members, COUNT_OF(user_members));
    *patterns += user->campaign_count;
    users->count++;
}

static void take_users(struct check *check, struct users *users)
{
    if (!json_is_object(users->root)) {
        mistake(check, "an object: {\"users\": [...]}");
        return;
    }
    const json_t *list = json_object_get(users->root, "users");
    size_t count = json_array_size(list);
    size_t before = enter(check, "users");
    if (!json_is_array(list) || count == 0 || count > USERS_MAX) {
        mistake(check, "%sa list of 1 to %u users", list == NULL ? "is missing: " : "", USERS_MAX);
        count = 0;
    }
    users->list = calloc(count + 1, sizeof(*users->list));
    users->patterns = calloc(count_patterns(list) + 1, sizeof(*users->patterns));
    struct text *patterns = users->patterns;
    if (users->list == NULL || users->patterns == NULL) {
        mistake(check, "there is no memory for so many");
        count = 0;
    }
    for (size_t at = 0; at < count; at++) {
        size_t inside = enter_index(check, at);
        take_user(check, json_array_get(list, at), users, &patterns);
        leave(check, inside);
    }
    leave(check, before);
    check_members(check, users->root, root_members, COUNT_OF(root_members));
}

bool users_parse(struct users *users, struct text document, struct users_message *message)
{
    struct check check = {.message = message};
    json_error_t error;
    *users = (struct users){.list = NULL};
    message->text[0] = '\0';
    users->root = json_loadb(document.length > 0 ? document.data : "", document.length,
                             JSON_REJECT_DUPLICATES, &error);
    if (users->root == NULL) {
        say(&check, "line %d, column %d: %s", error.line, error.column,
            json_error_code(&error) == json_error_duplicate_key ? "a member is given twice"
                                                                : "not JSON");
        return false;
    }
    take_users(&check, users);
    if (check.mistakes > MISTAKES_MAX) {
        say(&check, "\n  and %u more mistakes", check.mistakes - MISTAKES_MAX);
    }
    if (check.mistakes > 0) {
        users_deinit(users);
        return false;
    }
    ASSERT(users->count > 0);
    return true;
}

/* ---- the file ---- */

static void refuse(struct users_message *message, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void refuse(struct users_message *message, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message->text, sizeof(message->text), format, arguments);
    va_end(arguments);
}

static char *read_open(int fd, const char *path, size_t *length, struct users_message *message)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        refuse(message, "cannot look at %.300s: %s", path, strerror(errno));
        return NULL;
    }
    if (!S_ISREG(status.st_mode)) {
        refuse(message, "%.300s is not a file", path);
        return NULL;
    }
    if ((status.st_mode & 077) != 0) {
        refuse(message, "%.300s may be read by others than its owner (mode %04o): chmod 600 %.300s",
               path, (unsigned)(status.st_mode & 07777), path);
        return NULL;
    }
    char *bytes = malloc(USERS_FILE_BYTES_MAX + 1);
    ssize_t got = bytes == NULL ? -1 : 0;
    *length = 0;
    do {
        got = bytes == NULL ? -1 : read(fd, bytes + *length, USERS_FILE_BYTES_MAX + 1 - *length);
        *length += got > 0 ? (size_t)got : 0;
    } while (got > 0 || (got < 0 && bytes != NULL && errno == EINTR));
    if (got < 0) {
        refuse(message, "cannot read %.300s: %s", path, strerror(errno));
    } else if (*length > USERS_FILE_BYTES_MAX) {
        refuse(message, "%.300s is too long for a users file", path);
        got = -1;
    }
    if (got < 0) {
        free(bytes);
        return NULL;
    }
    return bytes;
}

char *users_read_file(const char *path, size_t *length, bool *missing,
                      struct users_message *message)
{
    message->text[0] = '\0';
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    *missing = fd < 0 && errno == ENOENT;
    if (fd < 0) {
        refuse(message, "cannot open the users file %.300s: %s", path, strerror(errno));
        return NULL;
    }
    char *bytes = read_open(fd, path, length, message);
    close(fd);
    return bytes;
}

bool users_load(struct users *users, const char *path, struct users_message *message)
{
    struct users_message mistakes;
    size_t length;
    bool missing;
    *users = (struct users){.list = NULL};
    char *bytes = users_read_file(path, &length, &missing, message);
    if (bytes == NULL) {
        return false;
    }
    bool good = users_parse(users, (struct text){bytes, (uint32_t)length}, &mistakes);
    free(bytes);
    if (!good) {
        refuse(message, "the users file %.300s is not as it should be:%s%.2600s", path,
               mistakes.text[0] == '\n' ? "" : " ", mistakes.text);
    }
    return good;
}

void users_deinit(struct users *users)
{
    json_decref(users->root);
    free(users->list);
    free(users->patterns);
    *users = (struct users){.list = NULL};
}

/* ---- looking up ---- */

const char *user_role_word(uint32_t role)
{
    for (size_t at = 0; at < USER_ROLES; at++) {
        if (user_roles[at].role == role) {
            return user_roles[at].word;
        }
    }
    return "";
}

const struct user *users_find(const struct users *users, struct text name)
{
    const struct user *found = NULL;
    for (uint32_t at = 0; at < users->count; at++) { /* all of them, whichever it is */
        found = text_equal(users->list[at].name, name) ? &users->list[at] : found;
    }
    return found;
}

static void hash_secret(const uint8_t salt[USER_SALT_BYTES], struct text secret,
                        uint8_t hash[USER_HASH_BYTES])
{
    int failed = crypto_generichash(hash, USER_HASH_BYTES, (const unsigned char *)secret.data,
                                    secret.length, salt, USER_SALT_BYTES);
    ASSERT(failed == 0);
}

const struct user *users_authenticate(const struct users *users, struct text name,
                                      struct text secret)
{
    static const struct user nobody = {.roles = 0}; /* no secret has a hash of zeros */
    const struct user *found = users_find(users, name);
    const struct user *asked = found != NULL ? found : &nobody;
    uint8_t given[USER_HASH_BYTES];
    hash_secret(asked->salt, secret, given);
    bool right = sodium_memcmp(given, asked->hash, sizeof(given)) == 0;
    return right ? found : NULL;
}

void user_secret_create(char secret[USER_SECRET_TEXT_BYTES], char hash[USER_HASH_TEXT_BYTES])
{
    uint8_t bytes[SECRET_BYTES];
    uint8_t salt[USER_SALT_BYTES];
    uint8_t hashed[USER_HASH_BYTES];
    char text[USER_SECRET_TEXT_BYTES];
    char salt_hex[2 * USER_SALT_BYTES + 1];
    char hash_hex[2 * USER_HASH_BYTES + 1];
    randombytes_buf(bytes, sizeof(bytes));
    randombytes_buf(salt, sizeof(salt));
    sodium_bin2base64(text, sizeof(text), bytes, sizeof(bytes),
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    snprintf(secret, USER_SECRET_TEXT_BYTES, SECRET_HEAD "%.50s", text);
    hash_secret(salt, text_of(secret), hashed);
    sodium_bin2hex(salt_hex, sizeof(salt_hex), salt, sizeof(salt));
    sodium_bin2hex(hash_hex, sizeof(hash_hex), hashed, sizeof(hashed));
    snprintf(hash, USER_HASH_TEXT_BYTES, HASH_HEAD "%s:%s", salt_hex, hash_hex);
    sodium_memzero(bytes, sizeof(bytes));
    sodium_memzero(text, sizeof(text));
}
