/* form.c -- building and filling request forms. */
#include "form.h"

#include "failure.h"

static void literal(struct form *form, const char *bytes, size_t length)
{
    if (form->text_used + length > form->text_room) {
        form->text_room = 2 * (form->text_used + length) + 256;
        form->text = memory_resized(form->text, form->text_room, 1);
    }
    memcpy(form->text + form->text_used, bytes, length);
    form->text_used += length;
    struct form_part *part = &form->parts[form->count - 1];
    if (part->blank != BLANK_NONE) {
        ASSERT(form->count < FORM_PARTS_MAX);
        part = &form->parts[form->count++];
        *part = (struct form_part){.from = (uint32_t)(form->text_used - length)};
    }
    part->length += (uint32_t)length;
}

static void header(struct form *form, size_t bytes)
{
    char text[32];
    int length = snprintf(text, sizeof text, "$%zu\r\n", bytes);
    literal(form, text, (size_t)length);
}

static void blank(struct form *form, enum form_blank kind)
{
    struct form_part *part = &form->parts[form->count - 1];
    if (part->blank != BLANK_NONE) {
        literal(form, "", 0);
        part = &form->parts[form->count - 1];
    }
    part->blank = kind;
}

void form_init(struct form *form, size_t words, uint32_t member_bytes)
{
    *form = (struct form){.count = 1, .member_bytes = member_bytes};
    char text[32];
    int length = snprintf(text, sizeof text, "*%zu\r\n", words);
    literal(form, text, (size_t)length);
}

void form_deinit(struct form *form)
{
    free(form->text);
    *form = (struct form){.count = 0};
}

void form_word(struct form *form, const char *word)
{
    header(form, strlen(word));
    literal(form, word, strlen(word));
    literal(form, "\r\n", 2);
}

void form_member(struct form *form)
{
    if (form->member_bytes)
        header(form, form->member_bytes);
    blank(form, BLANK_MEMBER);
    if (form->member_bytes)
        literal(form, "\r\n", 2);
}

void form_member_behind(struct form *form, const char *prefix)
{
    ASSERT(form->member_bytes > 0);
    header(form, strlen(prefix) + form->member_bytes);
    literal(form, prefix, strlen(prefix));
    blank(form, BLANK_MEMBER);
    literal(form, "\r\n", 2);
}

void form_id_behind(struct form *form, const char *prefix)
{
    header(form, strlen(prefix) + FORM_ID_BYTES);
    literal(form, prefix, strlen(prefix));
    blank(form, BLANK_ID);
    literal(form, "\r\n", 2);
}

size_t form_bytes_max(const struct form *form, size_t member_bytes_max)
{
    return form->text_used + FORM_PARTS_MAX * (member_bytes_max > 32 ? member_bytes_max : 32);
}

size_t form_write(const struct form *form, char *out, struct span member, const char *id)
{
    char *at = out;
    for (size_t i = 0; i < form->count; i++) {
        const struct form_part *part = &form->parts[i];
        memcpy(at, form->text + part->from, part->length);
        at += part->length;
        if (part->blank == BLANK_MEMBER) {
            memcpy(at, member.bytes, member.length);
            at += member.length;
        } else if (part->blank == BLANK_ID) {
            memcpy(at, id, FORM_ID_BYTES);
            at += FORM_ID_BYTES;
        }
    }
    return (size_t)(at - out);
}
