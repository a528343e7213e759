/* SPDX-License-Identifier: BSD-3-Clause */
/* libxml2's tree of a page, in the few words that page.c needs. Strings that are returned are the
 * caller's, for free(3). Test code; pages may be anything. No memory fails the running test. */
#ifndef IDQ_TESTS_PAGE_TREE_H
#define IDQ_TESTS_PAGE_TREE_H

#include <libxml/HTMLparser.h>

/* The node after this one in the order of the page, within `root`; NULL at its end. */
xmlNode *tree_next(xmlNode *node, xmlNode *root);

/* Returns the nearest element of this name around a node, or NULL. */
xmlNode *tree_ancestor(xmlNode *node, const char *element);

int tree_is(const xmlNode *node, const char *element);
int tree_is_input(xmlNode *node, const char *type); /* <input type=…> */

int tree_has(xmlNode *node, const char *attribute);
int tree_attribute_is(xmlNode *node, const char *attribute, const char *value); /* in any case */
char *tree_attribute(xmlNode *node, const char *attribute);                     /* "" when absent */
void tree_set(xmlNode *node, const char *attribute, const char *value);
void tree_unset(xmlNode *node, const char *attribute);

char *tree_content(xmlNode *node); /* as it is */
void tree_set_content(xmlNode *node, const char *text);

/* The visible text in a node, with single blanks and none at its ends. */
char *tree_text(xmlNode *node);

/* 1 when a control's value, or what a person reads on it or beside it, is `name`. */
int tree_is_called(xmlNode *root, xmlNode *control, const char *name);

/* An address on a page as an absolute one; a copy of `base` for "". */
char *tree_resolve(const char *address, const char *base);

#endif
