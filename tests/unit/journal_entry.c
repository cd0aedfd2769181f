/* journal_entry.c -- an entry's ID as text and back. */
#include "net/journal_entry.h"

#include <criterion/criterion.h>

Test(journal_entry, an_id_is_written_and_read_as_the_same)
{
    static const struct entry_id ids[] = {
        {0, 1}, {12, 345}, {UINT64_MAX, 0}, {UINT64_MAX, UINT64_MAX}};
    for (size_t at = 0; at < sizeof(ids) / sizeof(ids[0]); at++) {
        char text[ENTRY_ID_TEXT_BYTES];
        struct entry_id id;
        cr_assert(entry_id_read(text_of(entry_id_write(ids[at], text)), &id), "%s", text);
        cr_assert_eq(entry_id_compare(id, ids[at]), 0);
    }
}

Test(journal_entry, what_is_no_id_is_not_read_as_one)
{
    static const char *const texts[] = {"",
                                        "-",
                                        "1",
                                        "1-",
                                        "-1",
                                        "1x2",
                                        "x-1",
                                        "1-x",
                                        "1-2x",
                                        "1-2-3",
                                        " 1-2",
                                        "18446744073709551616-0",
                                        "99999999999999999999-0",
                                        "0-18446744073709551616",
                                        "0-99999999999999999999999"};
    for (size_t at = 0; at < sizeof(texts) / sizeof(texts[0]); at++) {
        struct entry_id id;
        cr_assert_not(entry_id_read(text_of(texts[at]), &id), "'%s'", texts[at]);
    }
}

Test(journal_entry, ids_are_ordered_by_epoch_and_then_by_number)
{
    static const struct entry_id rising[] = {{0, 1}, {0, 2}, {1, 0}, {1, 1}, {2, 0}};
    for (size_t a = 0; a < 5; a++) {
        for (size_t b = 0; b < 5; b++) {
            int order = entry_id_compare(rising[a], rising[b]);
            cr_assert_eq((order > 0) - (order < 0), (a > b) - (a < b));
        }
    }
}
