#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "injector/admission/admission.h"
#include "injector/admission/json_writer.h"

namespace injector::admission {
namespace {

struct Applied {
    std::string document;
    std::string patch;
    std::string result;
};

TEST(ApplyTest, ChangesItsPlaceAndNothingElse) {
    const std::vector<Applied> cases{
        {R"( {"a": 18446744073709551616 , "b":1.10} )", "[]",
         R"( {"a": 18446744073709551616 , "b":1.10} )"},
        {R"( { "n": 18446744073709551616 } )", R"([{"op":"add","path":"/x","value":{"y":1}}])",
         R"( { "n": 18446744073709551616,"x":{"y":1} } )"},
        {R"({ })", R"([{"op":"add","path":"/x","value":1}])", R"({"x":1 })"},
        {R"({"x":1, "x": 2 ,"z":3})", R"([{"op":"add","path":"/x","value":"n"}])",
         R"({"x":1, "x": "n" ,"z":3})"},
        {R"({"x":null})", R"([{"op":"add","path":"/x","value":[]}])", R"({"x":[]})"},
        {R"({"l":[ ]})", R"([{"op":"add","path":"/l/0","value":1}])", R"({"l":[1 ]})"},
        {R"({"l":[]})", R"([{"op":"add","path":"/l/-","value":1}])", R"({"l":[1]})"},
        {R"({"l":[ 1, 2 ]})", R"([{"op":"add","path":"/l/0","value":0}])", R"({"l":[ 0,1, 2 ]})"},
        {R"({"l":[ 1, 2 ]})", R"([{"op":"add","path":"/l/1","value":0}])", R"({"l":[ 1, 0,2 ]})"},
        {R"({"l":[ 1, 2 ]})", R"([{"op":"add","path":"/l/2","value":0}])", R"({"l":[ 1, 2,0 ]})"},
        {R"({"l":[ 1, 2 ]})", R"([{"op":"add","path":"/l/-","value":0}])", R"({"l":[ 1, 2,0 ]})"},
        {R"({"l":[{"a":[]}]})", R"([{"op":"add","path":"/l/0/a/0","value":0}])",
         R"({"l":[{"a":[0]}]})"},
        {R"({"a/b":{"c~d":{}}})", R"([{"op":"add","path":"/a~1b/c~0d/~01","value":0}])",
         R"({"a/b":{"c~d":{"~1":0}}})"},
        {R"({"":{}})", R"([{"op":"add","path":"//","value":0}])", R"({"":{"":0}})"},
        {R"({"a\u0062":{}})", R"([{"op":"add","path":"/ab/c\"","value":0}])",
         R"({"a\u0062":{"c\"":0}})"},
        {R"({})",
         R"([{"op":"add","path":"/l","value":[]},{"op":"add","path":"/l/0","value":1},)"
         R"({"op":"test","path":"/l/0","value":1}])",
         R"({"l":[1]})"},
        {R"({"a":"\u0061"})", R"([{"op":"test","path":"/a","value":"a"}])", R"({"a":"\u0061"})"},
        {R"( {"a":1} )", R"([{"op":"add","path":"","value":{"b":2}}])", R"( {"b":2} )"},
        {R"({"a":{"b":null}})", R"([{"op":"test","path":"/a/b","value":null}])",
         R"({"a":{"b":null}})"},
    };
    for (const auto& [document, patch, result] : cases) {
        EXPECT_EQ(admission::apply(document, patch), result) << patch;
    }
}

struct Misfit {
    std::string document;
    std::string patch;
    std::string sentence;
};

TEST(ApplyTest, SaysWhatDoesNotFit) {
    const std::vector<Misfit> cases{
        {"{", "[]", "the document or its patch is no JSON"},
        {"{}", "[", "the document or its patch is no JSON"},
        {"{}", "{}", "a patch is an array of operations"},
        {"{}", "[1]", "the patch has an operation without the text \"op\""},
        {"{}", R"([{"op":"add"}])", "the patch has an operation without the text \"path\""},
        {"{}", R"([{"op":"add","path":5}])",
         "the patch has an operation without the text \"path\""},
        {"{}", R"([{"op":"remove","path":"/a"}])",
         "the patch does not fit: remove \"/a\": allowed are add and test"},
        {"{}", R"([{"op":"add","path":"a","value":1}])",
         "the patch does not fit: add \"a\": a path begins with a slash"},
        {"{}", R"([{"op":"add","path":"/a~2","value":1}])",
         "the patch does not fit: add \"/a~2\": a tilde stands alone"},
        {"{}", R"([{"op":"add","path":"/a~","value":1}])",
         "the patch does not fit: add \"/a~\": a tilde stands alone"},
        {"{}", R"([{"op":"add","path":"/a/b","value":1}])",
         "the patch does not fit: add \"/a/b\": there is no such place"},
        {R"({"a":null})", R"([{"op":"add","path":"/a/0","value":1}])",
         "the patch does not fit: add \"/a/0\": its parent is neither an object nor an array"},
        {R"({"a":"s"})", R"([{"op":"add","path":"/a/0","value":1}])",
         "the patch does not fit: add \"/a/0\": its parent is neither an object nor an array"},
        {R"({"a":[1]})", R"([{"op":"add","path":"/a/2","value":1}])",
         "the patch does not fit: add \"/a/2\": there is no such index"},
        {R"({"a":[1]})", R"([{"op":"add","path":"/a/00","value":1}])",
         "the patch does not fit: add \"/a/00\": there is no such index"},
        {R"({"a":[1]})", R"([{"op":"add","path":"/a/-1","value":1}])",
         "the patch does not fit: add \"/a/-1\": there is no such index"},
        {R"({"a":[1]})", R"([{"op":"add","path":"/a/99999999999999999999","value":1}])",
         "the patch does not fit: add \"/a/99999999999999999999\": there is no such index"},
        {R"({"a":[1]})", R"([{"op":"add","path":"/a/-/b","value":1}])",
         "the patch does not fit: add \"/a/-/b\": there is no such place"},
        {R"({"a":1})", R"([{"op":"test","path":"/a","value":2}])",
         "the patch does not fit: test \"/a\": another value stands there"},
        {R"({"a":"1"})", R"([{"op":"test","path":"/a","value":1}])",
         "the patch does not fit: test \"/a\": another value stands there"},
        {R"({"a":1})", R"([{"op":"test","path":"/b","value":1}])",
         "the patch does not fit: test \"/b\": there is no such place"},
    };
    for (const auto& [document, patch, sentence] : cases) {
        try {
            const std::string result = admission::apply(document, patch);
            ADD_FAILURE() << patch << " gave " << result;
        } catch (const std::invalid_argument& problem) {
            EXPECT_EQ(problem.what(), sentence);
        }
    }
}

TEST(JsonPatchTest, EscapesItsPaths) {
    EXPECT_EQ(pointerPart("a~b/c~1"), "a~0b~1c~01");
    EXPECT_EQ(JsonPatch().text(), "[]");
    EXPECT_EQ(JsonPatch().test("/a", "1").add("/" + pointerPart("x/\""), "{}").text(),
              R"([{"op":"test","path":"/a","value":1},{"op":"add","path":"/x~1\"","value":{}}])");
}

}  // namespace
}  // namespace injector::admission
