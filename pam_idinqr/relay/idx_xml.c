/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay runs this, on XML from the network that may not be signed. */
#include "pam_idinqr/relay/idx_parts.h"

#include "pam_idinqr/common/text.h"

#include <ctype.h>
#include <libxml/parser.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* The libraries' characters are unsigned. */
static const xmlChar *
chars(const char *text)
{
    return (const xmlChar *)text;
}

/* The parser calls this at "<!DOCTYPE name", before it reads a declaration. */
static void
refuse_dtd(void *context, const xmlChar *name, const xmlChar *public_id, const xmlChar *uri)
{
    xmlParserCtxt *parser = context;

    (void)name, (void)public_id, (void)uri;
    parser->wellFormed = 0;
    xmlStopParser(parser);
}

/* Instructions around the root are signed, and mean nothing to us. A DTD would be here too. */
static bool
has_root_alone(const xmlDoc *doc)
{
    size_t n_roots = 0;

    for (const xmlNode *node = doc->children; node; node = node->next)
        if (node->type == XML_ELEMENT_NODE)
            n_roots++;
        else if (node->type != XML_COMMENT_NODE)
            return false;
    return n_roots == 1;
}

xmlDoc *
idx_parse(const char *xml, size_t size)
{
    const int options =
        XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA;
    xmlParserCtxt *parser;
    xmlDoc *doc;

    if (size == 0 || size > IDX_MESSAGE_MAX)
        return NULL;
    parser = xmlNewParserCtxt();
    if (!parser)
        return NULL;
    parser->sax->internalSubset = refuse_dtd;
    /* UTF-8 whatever the document says: another encoding could hide a text from a check. */
    doc = xmlCtxtReadMemory(parser, xml, (int)size, NULL, "UTF-8", options);
    if (doc && (!parser->nsWellFormed || !has_root_alone(doc)))
        idx_doc_free(&doc);
    xmlFreeParserCtxt(parser);
    return doc;
}

void
idx_doc_free(xmlDoc **doc)
{
    xmlFreeDoc(*doc);
    *doc = NULL;
}

bool
idx_is(const xmlNode *node, const char *ns, const char *name)
{
    return node && node->type == XML_ELEMENT_NODE && node->ns &&
           xmlStrEqual(node->ns->href, chars(ns)) && xmlStrEqual(node->name, chars(name));
}

xmlNode *
idx_next(const xmlNode *node)
{
    xmlNode *next = node->next;

    while (next && next->type != XML_ELEMENT_NODE)
        next = next->next;
    return next;
}

/* Finds the place of a child: the first of its name that is free, or takes many. */
static int
take(xmlNode *node, const struct idx_child *children, size_t n_children)
{
    for (size_t i = 0; i < n_children; i++)
        if (idx_is(node, children[i].ns, children[i].name)) {
            if (!*children[i].ret_node)
                *children[i].ret_node = node;
            else if (children[i].times != IDX_MANY && children[i].times != IDX_ANY)
                continue;
            return 0;
        }
    return IDQ_REPLY;
}

int
idx_children(const xmlNode *parent, const struct idx_child *children, size_t n_children)
{
    int error = 0;

    for (size_t i = 0; i < n_children; i++)
        *children[i].ret_node = NULL;
    for (xmlNode *node = parent->children; node && error == 0; node = node->next)
        if (node->type == XML_ELEMENT_NODE)
            error = take(node, children, n_children);
        else if (node->type != XML_COMMENT_NODE && !xmlIsBlankNode(node))
            error = IDQ_REPLY;
    for (size_t i = 0; i < n_children && error == 0; i++)
        if (!*children[i].ret_node && children[i].times != IDX_OPTIONAL &&
            children[i].times != IDX_ANY)
            error = IDQ_REPLY;
    return error;
}

bool
idx_is_empty(const xmlNode *node)
{
    return idx_children(node, NULL, 0) == 0;
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The parser makes one node of a text. Two would have something between them. */
static int
copy(const xmlNode *node, char *ret_text, size_t size)
{
    const char *text = node ? (const char *)node->content : "";

    if (!text || (node && (node->type != XML_TEXT_NODE || node->next)))
        return IDQ_REPLY;
    return copy_text(ret_text, size, text) == 0 ? 0 : IDQ_REPLY;
}

int
idx_text(const xmlNode *element, char *ret_text, size_t size)
{
    int error = copy(element->children, ret_text, size);

    return error == 0 && !*ret_text ? IDQ_REPLY : error;
}

int
idx_attribute(const xmlNode *element, const char *name, char *ret_text, size_t size)
{
    for (const xmlAttr *attribute = element->properties; attribute; attribute = attribute->next)
        if (!attribute->ns && xmlStrEqual(attribute->name, chars(name)))
            return copy(attribute->children, ret_text, size);
    return IDQ_REPLY;
}

bool
idx_text_is(const xmlNode *element, const char *text)
{
    char own[IDX_URL_SIZE];

    return idx_text(element, own, sizeof own) == 0 && strcmp(own, text) == 0;
}

bool
idx_attribute_is(const xmlNode *element, const char *name, const char *text)
{
    char own[IDX_URL_SIZE];

    return idx_attribute(element, name, own, sizeof own) == 0 && strcmp(own, text) == 0;
}

bool
idx_has_only(const xmlNode *element, const char *attribute)
{
    const xmlAttr *first = element->properties;

    if (!attribute)
        return !first;
    return first && !first->next && !first->ns && xmlStrEqual(first->name, chars(attribute));
}

struct secret *
idx_base64(const xmlNode *element)
{
    const xmlNode *node = element->children;
    size_t length = 0, size;
    SECRET_AUTO *text = NULL;
    SECRET_AUTO *bytes = NULL;
    struct secret *decoded;

    if (!node || node->next || node->type != XML_TEXT_NODE || !node->content)
        return NULL;
    text = secret_new(strlen((const char *)node->content));
    if (!text)
        return NULL;
    char *digits = secret_bytes(text);
    for (const char *from = (const char *)node->content; *from; from++)
        if (!is_blank(*from))
            digits[length++] = *from;
    if (length < 4 || length % 4 != 0)
        return NULL;
    size = length / 4 * 3 - (digits[length - 1] == '=') - (digits[length - 2] == '=');
    bytes = secret_new(size);
    if (!bytes || characters_read_base64(digits, (unsigned char *)secret_bytes(bytes), size) != 0)
        return NULL;
    decoded = bytes;
    bytes = NULL;
    return decoded;
}

/* [A-Z]{6}[A-Z2-9][A-NP-Z0-9]([A-Z0-9]{3})? */
bool
idx_is_bic(const char *text)
{
    size_t length = strlen(text);

    if (length != 8 && length != 11)
        return false;
    for (size_t i = 0; i < length; i++)
        if (!((text[i] >= 'A' && text[i] <= 'Z') || (i >= 6 && text[i] >= '0' && text[i] <= '9')))
            return false;
    return text[6] != '0' && text[6] != '1' && text[7] != 'O';
}

int
idx_time(const char *text, int64_t *ret_ms)
{
    struct tm time = {.tm_isdst = 0}, normal;
    int fraction_ms = 0, scale = 100, end = 0;

    if (strlen(text) < 20 ||
        sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &time.tm_year, &time.tm_mon, &time.tm_mday,
               &time.tm_hour, &time.tm_min, &time.tm_sec, &end) != 6)
        return IDQ_REPLY;
    char date[20];
    memcpy(date, text, 19);
    date[19] = '\0';
    if (end != 19 || !characters_have_form(date, "0000-00-00T00:00:00"))
        return IDQ_REPLY;
    text += end;
    if (*text == '.') {
        if (!isdigit((unsigned char)*++text))
            return IDQ_REPLY;
        for (; isdigit((unsigned char)*text); text++, scale /= 10)
            fraction_ms += (*text - '0') * scale;
    }
    if (strcmp(text, "Z") != 0)
        return IDQ_REPLY;
    time.tm_year -= 1900;
    time.tm_mon -= 1;
    normal = time;
    time_t seconds = timegm(&normal);
    /* timegm makes 3 March of 31 February. */
    if (normal.tm_mon != time.tm_mon || normal.tm_mday != time.tm_mday ||
        normal.tm_hour != time.tm_hour || normal.tm_min != time.tm_min ||
        normal.tm_sec != time.tm_sec)
        return IDQ_REPLY;
    *ret_ms = (int64_t)seconds * 1000 + fraction_ms;
    return 0;
}
