/* fuzz_users.c -- any bytes as a users file: users within their bounds, or a message that says what is wrong. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/bug.h"
#include "net/users.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct users_message message;
    struct users users;
    char *bytes = malloc(size == 0 ? 1 : size); /* a copy whose end the sanitizer sees */
    ASSERT(bytes != NULL);
    memcpy(bytes, data, size);
    if (users_parse(&users, (struct text){bytes, (uint32_t)size}, &message)) {
        ASSERT(users.count <= USERS_MAX);
        for (uint32_t at = 0; at < users.count; at++) {
            const struct user *user = &users.list[at];
            ASSERT(user->name.length >= 1);
            ASSERT(user->name.length <= ID_BYTES_MAX);
            ASSERT(user->roles != 0);
            ASSERT(users_find(&users, user->name) == user);
            ASSERT(users_authenticate(&users, user->name, TEXT("a guess")) == NULL);
        }
        users_deinit(&users);
    } else {
        ASSERT(message.text[0] != '\0');
    }
    free(bytes);
    return 0;
}
