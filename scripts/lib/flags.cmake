# How every file of Boon is compiled and linked: language, warnings, hardening, and what a preset adds.

include(CheckCCompilerFlag)
include(CheckPIESupported)

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
check_pie_supported(LANGUAGES C)

add_compile_definitions(_GNU_SOURCE BOON_VERSION="${PROJECT_VERSION}")

# An assertion names its file from the root of the tree, not by the machine's path.
add_compile_options(-g -fno-omit-frame-pointer -fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=)

# Warnings ---------------------------------------------------------------------------------------

add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wformat=2 -Wvla
                    -Wimplicit-fallthrough -Wstrict-prototypes -Wpointer-arith)
if(CMAKE_C_COMPILER_ID MATCHES "Clang")
    add_compile_options(-Wno-string-conversion) # ASSERT(!"what cannot be")
endif()
if(BOON_WERROR)
    add_compile_options(-Werror)
endif()
# Not for tests: there the framework's macros define the functions.
set(BOON_WARN_PROTOTYPES -Wmissing-prototypes)

# Hardening --------------------------------------------------------------------------------------

add_compile_options(-fstack-protector-strong)
foreach(flag -fstack-clash-protection -fcf-protection=full)
    string(MAKE_C_IDENTIFIER "HAVE${flag}" have)
    check_c_compiler_flag(${flag} ${have})
    if(${have})
        add_compile_options(${flag})
    endif()
endforeach()
add_link_options(-Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)

# Presets ----------------------------------------------------------------------------------------

set(CMAKE_C_FLAGS_RELEASE "-O3")
set(CMAKE_C_FLAGS_DEBUG "-O1")
if(BOON_MARCH)
    add_compile_options(-march=${BOON_MARCH})
endif()

if(BOON_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(BOON_SANITIZE)
    add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all)
    add_link_options(-fsanitize=address,undefined)
elseif(BOON_COVERAGE)
    add_compile_options(-O0 --coverage -fprofile-update=atomic)
    add_link_options(--coverage)
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
    # Sanitizers do these checks better themselves, and level 3 needs optimised code to measure with.
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()

# Objects carry machine code beside what the link-time optimiser reads: scripts/check lists their
# symbols, and test programs link in a moment instead of optimising the whole library each.
if(CMAKE_INTERPROCEDURAL_OPTIMIZATION AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-ffat-lto-objects)
    set(BOON_TEST_LINK_OPTIONS -fno-lto)
endif()
