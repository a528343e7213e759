/* SPDX-License-Identifier: BSD-3-Clause */
/* See page_tree.h. */
#include "tests/harness/page_tree.h"

#include <check.h>
#include <libxml/uri.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const xmlChar *
as_xml(const char *text)
{
    return (const xmlChar *)text;
}

/* libxml2's own strings are freed with its own function. */
static char *
take_xml(xmlChar *text)
{
    char *copy = strdup(text != NULL ? (const char *)text : "");

    ck_assert_ptr_nonnull(copy);
    xmlFree(text);
    return copy;
}

xmlNode *
tree_next(xmlNode *node, xmlNode *root)
{
    /* An entity's children belong to the document type, not to the page. */
    if (node->children != NULL && node->type != XML_ENTITY_REF_NODE)
        return node->children;
    while (node != root && node->next == NULL)
        node = node->parent;
    return node == root ? NULL : node->next;
}

xmlNode *
tree_ancestor(xmlNode *node, const char *element)
{
    for (node = node->parent; node != NULL && !tree_is(node, element);)
        node = node->parent;
    return node;
}

int
tree_is(const xmlNode *node, const char *element)
{
    return node->type == XML_ELEMENT_NODE && strcasecmp((const char *)node->name, element) == 0;
}

int
tree_is_input(xmlNode *node, const char *type)
{
    return tree_is(node, "input") && tree_attribute_is(node, "type", type);
}

int
tree_has(xmlNode *node, const char *attribute)
{
    return node->type == XML_ELEMENT_NODE && xmlHasProp(node, as_xml(attribute)) != NULL;
}

char *
tree_attribute(xmlNode *node, const char *attribute)
{
    return take_xml(tree_has(node, attribute) ? xmlGetProp(node, as_xml(attribute)) : NULL);
}

int
tree_attribute_is(xmlNode *node, const char *attribute, const char *value)
{
    char *found = tree_attribute(node, attribute);
    int is = tree_has(node, attribute) && strcasecmp(found, value) == 0;

    free(found);
    return is;
}

void
tree_set(xmlNode *node, const char *attribute, const char *value)
{
    ck_assert_ptr_nonnull(xmlSetProp(node, as_xml(attribute), as_xml(value)));
}

void
tree_unset(xmlNode *node, const char *attribute)
{
    xmlUnsetProp(node, as_xml(attribute));
}

char *
tree_content(xmlNode *node)
{
    return take_xml(xmlNodeGetContent(node));
}

void
tree_set_content(xmlNode *node, const char *text)
{
    xmlNodeSetContent(node, as_xml(""));
    xmlNodeAddContent(node, as_xml(text)); /* this one, unlike the other, takes "&" for itself */
}

static int
is_hidden(xmlNode *node)
{
    return tree_is(node, "head") || tree_is(node, "script") || tree_is(node, "style") ||
           tree_is(node, "template") || tree_has(node, "hidden");
}

/* Elements around which a reader sees no gap. */
static int
is_inline(const xmlNode *node)
{
    static const char *const names[] = {"a",    "b",     "i",    "em", "strong",
                                        "span", "small", "code", NULL};

    if (node->type != XML_ELEMENT_NODE)
        return 1;
    for (size_t i = 0; names[i] != NULL; i++) {
        if (tree_is(node, names[i]))
            return 1;
    }
    return 0;
}

static void
write_text(FILE *out, xmlNode *node, int *gap)
{
    if (is_hidden(node) || node->type == XML_COMMENT_NODE)
        return;
    if (node->type == XML_TEXT_NODE) {
        for (const char *at = (const char *)node->content; *at != '\0'; at++) {
            if (strchr(" \t\r\n", *at) != NULL) {
                *gap = 1;
                continue;
            }
            if (*gap && ftell(out) > 0)
                fputc(' ', out);
            *gap = 0;
            fputc(*at, out);
        }
        return;
    }
    *gap |= !is_inline(node);
    for (xmlNode *child = node->children; child != NULL; child = child->next)
        write_text(out, child, gap);
    *gap |= !is_inline(node);
}

char *
tree_text(xmlNode *node)
{
    char *text = NULL;
    size_t size;
    int gap = 0;
    FILE *out = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(out);
    write_text(out, node, &gap);
    ck_assert_int_eq(fclose(out), 0);
    return text;
}

static int
text_is(xmlNode *node, const char *wanted)
{
    char *text = tree_text(node);
    int is = strcmp(text, wanted) == 0;

    free(text);
    return is;
}

static int
has_label(xmlNode *root, xmlNode *control, const char *name)
{
    xmlNode *around = tree_ancestor(control, "label");
    char *id = tree_attribute(control, "id");
    int found = around != NULL && text_is(around, name);

    for (xmlNode *node = root; !found && id[0] != '\0' && node != NULL;
         node = tree_next(node, root))
        found = tree_is(node, "label") && tree_attribute_is(node, "for", id) && text_is(node, name);
    free(id);
    return found;
}

int
tree_is_called(xmlNode *root, xmlNode *control, const char *name)
{
    char *value = tree_attribute(control, "value");
    int is = strcmp(value, name) == 0 || text_is(control, name) || has_label(root, control, name);

    free(value);
    return is;
}

char *
tree_resolve(const char *address, const char *base)
{
    if (address[0] == '\0')
        return strdup(base);
    return take_xml(xmlBuildURI(as_xml(address), as_xml(base)));
}
