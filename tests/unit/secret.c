/* secret.c -- keys are made once, read strictly, and never shown. */
#include "net/secret.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define D "DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD"
#define GOOD "boon-secret 1\ncoupon 0 " A "\nphone " B "\nrequest " C "\n"

static char directory[64];
static char path[128];
static struct secrets secrets;
static struct secret_message message;

static void begin(void)
{
    strcpy(directory, "/tmp/boon-secret-XXXXXX");
    cr_assert_not_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/secret", directory);
}

static void end(void)
{
    unlink(path);
    rmdir(directory);
}

TestSuite(secret, .init = begin, .fini = end);

static void write_bytes(const char *bytes, size_t length)
{
    FILE *file = fopen(path, "w");

    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, length, file), length);
    cr_assert_eq(fclose(file), 0);
    cr_assert_eq(chmod(path, 0600), 0);
}

static enum secret_status load(const char *text)
{
    write_bytes(text, strlen(text));
    return secret_load(&secrets, path, &message);
}

static bool is_zero(const void *bytes, size_t size)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < size; i++) {
        if (at[i] != 0) {
            return false;
        }
    }
    return true;
}

Test(secret, what_is_created_loads_with_a_key_of_each_kind)
{
    cr_assert_eq(secret_create(path, &message), SECRET_OK, "%s", message.text);
    cr_assert_eq(secret_load(&secrets, path, &message), SECRET_OK, "%s", message.text);
    cr_assert_eq(secrets.coupon_count, 1u);
    cr_assert_eq(secret_signing_key(&secrets), secret_coupon_key(&secrets, 0));
    cr_assert_null(secret_coupon_key(&secrets, 1));
    cr_assert_neq(memcmp(secrets.phone.bytes, secrets.request.bytes, SECRET_KEY_BYTES), 0);
    cr_assert_not(is_zero(secrets.coupon[0].bytes, SECRET_KEY_BYTES));
    cr_assert_not(is_zero(secrets.fingerprint, SECRET_FINGERPRINT_BYTES));
}

Test(secret, the_file_is_for_its_owner_only_whatever_the_umask)
{
    struct stat status;
    mode_t before = umask(0);

    cr_assert_eq(secret_create(path, &message), SECRET_OK, "%s", message.text);
    umask(before);
    cr_assert_eq(stat(path, &status), 0);
    cr_assert_eq(status.st_mode & 07777, 0600u);
}

/* Count the names in the directory. */
static int count_files(void)
{
    DIR *files = opendir(directory);
    int count = -2; /* . and .. */

    cr_assert_not_null(files);
    while (readdir(files) != NULL) {
        count++;
    }
    closedir(files);
    return count;
}

Test(secret, creation_leaves_one_file_or_none)
{
    cr_assert_eq(secret_create(path, &message), SECRET_OK, "%s", message.text);
    cr_assert_eq(count_files(), 1);
    cr_assert_eq(secret_create(path, &message), SECRET_EXISTS);
    cr_assert_eq(count_files(), 1);
}

Test(secret, two_files_have_different_keys)
{
    struct secrets other;

    cr_assert_eq(secret_create(path, &message), SECRET_OK);
    cr_assert_eq(secret_load(&other, path, &message), SECRET_OK);
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(secret_create(path, &message), SECRET_OK);
    cr_assert_eq(secret_load(&secrets, path, &message), SECRET_OK);
    cr_assert_neq(memcmp(secrets.fingerprint, other.fingerprint, SECRET_FINGERPRINT_BYTES), 0);
    cr_assert_neq(memcmp(secrets.phone.bytes, other.phone.bytes, SECRET_KEY_BYTES), 0);
}

Test(secret, a_file_that_is_there_is_never_written_over)
{
    struct secrets before;

    cr_assert_eq(load(GOOD), SECRET_OK, "%s", message.text);
    before = secrets;
    cr_assert_eq(secret_create(path, &message), SECRET_EXISTS);
    cr_assert_eq(secret_load(&secrets, path, &message), SECRET_OK);
    cr_assert_eq(memcmp(&secrets, &before, sizeof before), 0);
}

Test(secret, the_directory_must_be_there)
{
    cr_assert_eq(secret_create("/tmp/boon-nowhere/secret", &message), SECRET_FAILED);
    cr_assert_not_null(strstr(message.text, "No such file or directory"), "%s", message.text);
}

Test(secret, a_missing_file_says_what_to_do)
{
    cr_assert_eq(secret_load(&secrets, path, &message), SECRET_MISSING);
    cr_assert_not_null(strstr(message.text, "restore it from its backup"));
    cr_assert_not_null(strstr(message.text, path));
}

static const struct {
    unsigned mode;
    enum secret_status status;
} modes[] = {
    {0600, SECRET_OK},      {0400, SECRET_OK},      {0700, SECRET_OK},      {0640, SECRET_EXPOSED},
    {0604, SECRET_EXPOSED}, {0620, SECRET_EXPOSED}, {0602, SECRET_EXPOSED}, {0601, SECRET_EXPOSED},
};

Test(secret, a_file_others_may_touch_is_refused)
{
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        write_bytes(GOOD, strlen(GOOD));
        cr_assert_eq(chmod(path, (mode_t)modes[i].mode), 0);
        cr_assert_eq(secret_load(&secrets, path, &message), modes[i].status, "mode %04o: %s",
                     modes[i].mode, message.text);
        cr_assert_eq(strstr(message.text, "chmod 600") != NULL, modes[i].status == SECRET_EXPOSED);
    }
}

static const struct {
    const char *text;
    const char *message; /* a part of it; NULL: the file is good */
} texts[] = {
    {GOOD, NULL},
    {"boon-secret 1\n\n# kept apart from Redis\nrequest " C "\nphone " B "\ncoupon 15 " A, NULL},
    {"boon-secret 1\r\ncoupon 0 " A "\r\nphone " B "\r\nrequest " C "\r\n", NULL},
    {"boon-secret 1\ncoupon 7 " A "\ncoupon 3 " D "\nphone " B "\nrequest " C "\n", NULL},
    {"", "secret:1: not a secret file of this version"},
    {"boon-secret 2\n", "secret:1: not a secret file of this version"},
    {"# first\n" GOOD, "secret:1: not a secret file"},
    {"boon-secret 1 \n", "secret:1: not a secret file"},
    {"boon-secret 1\n", "has no coupon key"},
    {"boon-secret 1\nphone " B "\nrequest " C "\n", "has no coupon key"},
    {"boon-secret 1\ncoupon 0 " A "\nrequest " C "\n", "has no phone key"},
    {"boon-secret 1\ncoupon 0 " A "\nphone " B "\n", "has no request key"},
    {GOOD "phone " D "\n", "secret:5: there is one phone key"},
    {GOOD "request " D "\n", "secret:5: there is one phone key and one request key"},
    {GOOD "coupon 0 " D "\n", "secret:5: this coupon key's id is taken"},
    {GOOD "coupon 1 " A "\n", "secret:5: this key is in the file already"},
    {GOOD "coupon 1 " B "\n", "secret:5: this key is in the file already"},
    {GOOD "coupon 1 " C "\n", "secret:5: this key is in the file already"},
    {"boon-secret 1\ncoupon 0 " A "\nphone " A "\n", "secret:3: this key is in the file already"},
    {GOOD "coupon 16 " D "\n", "secret:5: a coupon key is"},
    {GOOD "coupon 001 " D "\n", "secret:5: a coupon key is"},
    {GOOD "coupon -1 " D "\n", "secret:5: a coupon key is"},
    {GOOD "coupon " D "\n", "secret:5: a coupon key is"},
    {GOOD "coupon 1\n", "secret:5: a coupon key is"},
    {GOOD "coupon 1 \n", "secret:5: a key is 64 hex digits"},
    {GOOD "coupon 1 ab\n", "secret:5: a key is 64 hex digits"},
    {GOOD "coupon 1 " D "a\n", "secret:5: a key is 64 hex digits"},
    {GOOD "coupon 1 " D " \n", "secret:5: a key is 64 hex digits"},
    {GOOD "coupon 1 g" D "\n", "secret:5: a key is 64 hex digits"},
    {GOOD "coupon 1  " D "\n", "secret:5: a key is 64 hex digits"},
    {GOOD "coupons 1 " D "\n", "secret:5: a line is"},
    {GOOD "  phone " D "\n", "secret:5: a line is"},
};

Test(secret, a_malformed_file_is_refused_with_its_line)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        enum secret_status status = load(texts[i].text);
        cr_assert_eq(status, texts[i].message == NULL ? SECRET_OK : SECRET_BAD, "scenario %zu: %s",
                     i, message.text);
        if (texts[i].message != NULL) {
            cr_assert_not_null(strstr(message.text, texts[i].message), "scenario %zu: %s", i,
                               message.text);
            cr_assert(is_zero(&secrets, sizeof secrets), "scenario %zu left keys behind", i);
            cr_assert_null(strstr(message.text, "aaaa"), "scenario %zu: %s", i, message.text);
            cr_assert_null(strstr(message.text, "DDDD"), "scenario %zu: %s", i, message.text);
        }
    }
}

Test(secret, the_last_coupon_key_in_the_file_signs_and_all_are_found)
{
    cr_assert_eq(
        load("boon-secret 1\ncoupon 7 " A "\nphone " B "\ncoupon 3 " D "\nrequest " C "\n"),
        SECRET_OK, "%s", message.text);
    cr_assert_eq(secret_signing_key(&secrets)->id, 3);
    cr_assert_eq(secret_signing_key(&secrets)->bytes[0], 0xdd);
    cr_assert_eq(secret_coupon_key(&secrets, 7)->bytes[31], 0xaa);
    cr_assert_null(secret_coupon_key(&secrets, 0));
}

Test(secret, all_sixteen_coupon_keys_fit)
{
    char text[4096];
    size_t length = (size_t)snprintf(text, sizeof text,
                                     "boon-secret 1\nphone " B "\nrequest " C "\n");

    for (unsigned id = 0; id < SECRET_COUPON_KEYS_MAX; id++) {
        length += (size_t)snprintf(text + length, sizeof text - length, "coupon %u %064x\n", id,
                                   id + 1);
    }
    cr_assert_eq(load(text), SECRET_OK, "%s", message.text);
    cr_assert_eq(secrets.coupon_count, (size_t)SECRET_COUPON_KEYS_MAX);
    cr_assert_eq(secret_signing_key(&secrets)->id, 15);
}

Test(secret, a_fingerprint_tells_keys_apart_by_bytes_kind_and_id)
{
    struct secrets other;

    cr_assert_eq(load(GOOD), SECRET_OK);
    other = secrets;
    cr_assert_eq(load("boon-secret 1\ncoupon 1 " A "\nphone " C "\nrequest " B "\n"), SECRET_OK);
    cr_assert_neq(memcmp(secrets.coupon[0].fingerprint, other.coupon[0].fingerprint, 8), 0,
                  "the id is in it");
    cr_assert_neq(memcmp(secrets.phone.fingerprint, other.request.fingerprint, 8), 0,
                  "the kind is in it");
    cr_assert_neq(memcmp(secrets.phone.fingerprint, other.phone.fingerprint, 8), 0,
                  "the bytes are in it");
    cr_assert_neq(memcmp(secrets.fingerprint, other.fingerprint, 8), 0);
    cr_assert_eq(load(GOOD), SECRET_OK);
    cr_assert_eq(memcmp(&secrets, &other, sizeof other), 0, "the same file, the same fingerprints");
}

/* GENESIS holds fingerprints for ever, so how they are made may never change. */
Test(secret, a_fingerprint_stays_what_it_was_in_every_release)
{
    char hex[2 * SECRET_FINGERPRINT_BYTES + 1];

    cr_assert_eq(load(GOOD), SECRET_OK);
    for (size_t i = 0; i < SECRET_FINGERPRINT_BYTES; i++) {
        snprintf(hex + 2 * i, 3, "%02x", secrets.fingerprint[i]);
    }
    cr_assert_str_eq(hex, "3ef95183fc28e713");
}

Test(secret, what_is_not_a_file_is_refused)
{
    char bytes[9000];

    cr_assert_eq(secret_load(&secrets, directory, &message), SECRET_BAD);
    cr_assert_eq(secret_load(&secrets, "/dev/null", &message), SECRET_BAD);
    memset(bytes, '#', sizeof bytes);
    write_bytes(bytes, sizeof bytes);
    cr_assert_eq(secret_load(&secrets, path, &message), SECRET_BAD);
    cr_assert_not_null(strstr(message.text, "too long"));
    write_bytes(GOOD "\0", sizeof GOOD);
    cr_assert_eq(secret_load(&secrets, path, &message), SECRET_BAD);
    cr_assert_not_null(strstr(message.text, "NUL"));
}

Test(secret, deinit_wipes_every_key)
{
    cr_assert_eq(load(GOOD), SECRET_OK);
    secret_deinit(&secrets);
    cr_assert(is_zero(&secrets, sizeof secrets));
}
