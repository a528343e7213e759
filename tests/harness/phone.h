/* SPDX-License-Identifier: BSD-3-Clause */
/* Acts as the phone of a person who scans a code. It opens the link, reads pages, and fills in and
 * sends their forms, as a browser without scripts does. It knows only the address that it opens,
 * and sends only fields that a page has. Test code: runs as the user who runs the tests. A page may
 * have any content.
 *
 * If memory runs out, the running test fails. If a page is not as the test wants it, the function
 * returns an error. phone_problem then says what was wrong and shows the page. */
#ifndef IDQ_TESTS_PHONE_H
#define IDQ_TESTS_PHONE_H

struct phone;

/* ca_file: the CA that signed the pages' server. language: "nl", "en"; NULL says nothing. */
struct phone *phone_new(const char *ca_file, const char *language);

/* Accepts a pointer to NULL, and leaves one. */
void phone_free(struct phone **phone);

/* Opens a page, and follows redirects. The HTTP status of what it ended at, 0 when nothing
 * answered. */
long phone_open(struct phone *phone, const char *url);

/* Returns the visible text of the page, with single blanks, or "" without a page. Valid until the
 * next page. */
const char *phone_text(struct phone *phone);

/* The address of the page, or "". Valid until the next page. */
const char *phone_url(const struct phone *phone);

/* What phone_open returned last, or the last press that sent a form. */
long phone_status(const struct phone *phone);

/* Chooses a radio button, a check box or an entry of a list, by its value or its visible label. 0,
 * or -1 when the page has none such, or several. */
int phone_choose(struct phone *phone, const char *choice);

/* Types into the field of this name. 0, or -1 when the page has no such field to type in. */
int phone_fill(struct phone *phone, const char *name, const char *text);

/* Presses a form's button, by its value or its visible label; NULL: the page's first. A form that a
 * browser would not send, as a choice it requires is missing, is not sent. The HTTP status of the
 * page that it leads to; -1 when there is no such button, or several. */
long phone_press(struct phone *phone, const char *button);

/* Follows the link with this visible text. As phone_press. */
long phone_follow(struct phone *phone, const char *link);

/* The sandbox's pages from the link to the end: chooses the bank, the person (PERSON or
 * PERSON@BANK, each by its value or label; without @BANK, "noord"), and approves, or refuses.
 * The HTTP status of the last page, or -1. */
long phone_approve(struct phone *phone, const char *url, const char *person);
long phone_refuse(struct phone *phone, const char *url, const char *person);

/* Reads the number that the page shows for the desk, in two groups of digits, without the blank.
 * 0, or -1 when the page shows none. */
int phone_number(struct phone *phone, char ret_number[7]);

/* What was wrong with the last thing that did not work, with the page's text; "" when all did. */
const char *phone_problem(const struct phone *phone);

#define PHONE_AUTO __attribute__((cleanup(phone_free))) struct phone

#endif
