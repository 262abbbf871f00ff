//! The shapes that powerbi-client's own validation accepts, by type of content: names, types, required members.
//!
//! `tests/package/config-invalid.test.mjs` compares them with the real validation of several versions.

use super::schema::Era::{V19, V22, V24};
use super::schema::Shape::{
    AnyOf, Bool, Fields, ListOf, MapOf, NotEmpty, Number, Object, OneOf, Since, Text, Word,
};
use super::schema::{Field, Shape, forbidden, optional, required};

/// A report, and a visual of one.
pub(super) static REPORT: Shape = Fields(&[
    optional("groupId", &Text),
    optional("settings", &SETTINGS),
    optional("pageName", &Text),
    optional("filters", &REPORT_FILTERS),
    optional("permissions", &OneOf(&[0, 1, 2, 4, 7])),
    optional("viewMode", &VIEW_MODE),
    optional(
        "bookmark",
        &AnyOf(&[
            Fields(&[required("name", &Text)]),
            Fields(&[required("state", &Text)]),
        ]),
    ),
    optional("theme", &THEME),
    optional("datasetBinding", &DATASET_BINDING),
    optional("contrastMode", &OneOf(&[0, 1, 2, 3, 4])),
]);
/// A paginated report.
pub(super) static PAGINATED: Shape = Fields(&[
    optional("groupId", &Text),
    optional(
        "settings",
        &Fields(&[optional(
            "commands",
            &Fields(&[optional("parameterPanel", &PARAMETER_PANEL)]),
        )]),
    ),
    optional("type", &Text).since(V22),
    optional(
        "parameterValues",
        &ListOf(&Fields(&[required("name", &Text), optional("value", &Text)])),
    )
    .since(V22),
    optional("datasetBindings", &ListOf(&PAGINATED_BINDING)).since(V24),
]);
/// A dashboard.
pub(super) static DASHBOARD: Shape = Fields(&[
    optional("groupId", &Text),
    optional("pageView", &Word(&["fitToWidth", "oneColumn", "actualSize"])),
]);
/// A tile.
pub(super) static TILE: Shape = Fields(&[
    required("dashboardId", &Text),
    optional("groupId", &Text),
    optional("pageView", &Text),
    optional("width", &Number),
    optional("height", &Number),
]);
/// The question-and-answer box.
pub(super) static QNA: Shape = Fields(&[
    required("datasetIds", &ListOf(&Text)),
    optional("question", &Text),
    optional("viewMode", &VIEW_MODE),
    optional(
        "settings",
        &Fields(&[
            optional("filterPaneEnabled", &Bool),
            optional("hideErrors", &Bool),
            optional("panes", &Fields(&[optional("filters", &FILTERS_PANE)])),
        ]),
    ),
    optional("groupId", &Text),
]);
/// A report to be created; checked only when its frame has loaded.
pub(super) static CREATE: Shape = Fields(&[optional("groupId", &Text), optional("theme", &THEME)]);
/// A report to be created from data at hand; checked only when its frame has loaded.
pub(super) static QUICK_CREATE: Shape = Fields(&[
    optional("groupId", &Text),
    optional("theme", &THEME),
    optional(
        "datasetCreateConfig",
        &Fields(&[
            required("locale", &Text),
            optional("mashupDocument", &Text),
            optional(
                "datasourceConnectionConfig",
                &Fields(&[
                    optional("dataCacheMode", &OneOf(&[0, 1])),
                    optional(
                        "credentials",
                        &Fields(&[
                            optional("credentialType", &OneOf(&[0, 1, 2])),
                            optional("credentialDetails", &MapOf(&Text)),
                        ]),
                    ),
                ]),
            ),
            optional(
                "tableSchemaList",
                &ListOf(&Fields(&[
                    required("name", &Text),
                    required(
                        "columns",
                        &ListOf(&Fields(&[
                            required("name", &Text),
                            optional("displayName", &Text),
                            required("dataType", &Text),
                        ])),
                    ),
                ])),
            ),
            optional(
                "data",
                &ListOf(&Fields(&[
                    required("name", &Text),
                    required("rows", &ListOf(&ListOf(&Text))),
                ])),
            ),
        ]),
    ),
]);

static VIEW_MODE: Shape = OneOf(&[0, 1]);
static THEME: Shape = Fields(&[optional("themeJson", &Object)]);
static VISIBLE: Shape = Fields(&[optional("visible", &Bool)]);
static EXPANDED: Shape = Fields(&[optional("expanded", &Bool)]);
static FILTERS_PANE: Shape = Fields(&[optional("visible", &Bool), optional("expanded", &Bool)]);
static PARAMETER_PANEL: Shape = Fields(&[optional("expanded", &Bool), optional("enabled", &Bool)]);
static PAGINATED_BINDING: Shape = Fields(&[
    required("sourceDatasetId", &Text),
    required("targetDatasetId", &Text),
]);
static DATASET_BINDING: Shape = NotEmpty(V24, &["datasetId", "paginatedReportBindings"], &BINDINGS);
static BINDINGS: Shape = Fields(&[
    required("datasetId", &Text).until(V22),
    optional("datasetId", &Text).since(V24),
    optional("paginatedReportBindings", &ListOf(&PAGINATED_BINDING)).since(V24),
]);

static SETTINGS: Shape = Fields(&[
    optional("filterPaneEnabled", &Bool),
    optional("navContentPaneEnabled", &Bool),
    optional("bookmarksPaneEnabled", &Bool),
    optional("useCustomSaveAsDialog", &Bool),
    optional(
        "extensions",
        &AnyOf(&[
            ListOf(&Fields(&[optional("command", &COMMAND_EXTENSION)])),
            Since(V19, &EXTENSIONS),
        ]),
    ),
    optional("layoutType", &OneOf(&[0, 1, 2, 3])),
    optional("customLayout", &CUSTOM_LAYOUT),
    optional("background", &OneOf(&[0, 1])),
    optional(
        "visualSettings",
        &Fields(&[optional(
            "visualHeaders",
            &ListOf(&Fields(&[
                required("settings", &VISIBLE),
                optional("selector", &SELECTOR),
            ])),
        )]),
    ),
    optional("hideErrors", &Bool),
    optional("commands", &ListOf(&COMMANDS)),
    optional("hyperlinkClickBehavior", &OneOf(&[0, 1, 2])),
    optional(
        "bars",
        &Fields(&[
            optional("actionBar", &VISIBLE),
            optional("statusBar", &VISIBLE).since(V22),
        ]),
    ),
    optional(
        "panes",
        &Fields(&[
            optional("bookmarks", &VISIBLE),
            optional("fields", &EXPANDED),
            optional("filters", &FILTERS_PANE),
            optional(
                "pageNavigation",
                &Fields(&[optional("visible", &Bool), optional("position", &OneOf(&[0, 1]))]),
            ),
            optional("selection", &VISIBLE),
            optional("syncSlicers", &VISIBLE),
            optional("visualizations", &EXPANDED),
        ]),
    ),
    optional("personalBookmarksEnabled", &Bool),
    optional("persistentFiltersEnabled", &Bool),
    optional("visualRenderedEvents", &Bool),
    optional("authoringHintsEnabled", &Bool),
    optional(
        "printSettings",
        &Fields(&[optional("browserPrintAdjustmentsMode", &OneOf(&[0, 1]))]),
    )
    .since(V22),
]);

static SELECTOR: Shape = AnyOf(&[
    Fields(&[
        optional(
            "$schema",
            &Word(&["http://powerbi.com/product/schema#visualSelector"]),
        ),
        required("visualName", &Text),
    ]),
    Fields(&[
        required(
            "$schema",
            &Word(&["http://powerbi.com/product/schema#visualTypeSelector"]),
        ),
        required("visualType", &Text),
    ]),
]);
static COMMAND_EXTENSION: Shape = Fields(&[
    required("name", &Text),
    required(
        "extend",
        &Fields(&[
            optional("visualContextMenu", &MENU_EXTENSION),
            optional("visualOptionsMenu", &MENU_EXTENSION),
        ]),
    ),
    required("title", &Text),
    optional("icon", &Text),
    optional("selector", &SELECTOR),
]);
static MENU_EXTENSION: Shape = AnyOf(&[
    Fields(&[
        optional("title", &Text),
        optional("icon", &Text),
        optional("menuLocation", &OneOf(&[0, 1])),
        forbidden("groupName"),
    ]),
    Fields(&[
        optional("title", &Text),
        optional("icon", &Text),
        required("groupName", &Text),
        forbidden("menuLocation"),
    ]),
]);
static EXTENSIONS: Shape = Fields(&[
    required("commands", &ListOf(&COMMAND_EXTENSION)),
    optional(
        "groups",
        &ListOf(&Fields(&[
            required("name", &Text),
            required("title", &Text),
            optional("menuLocation", &OneOf(&[0, 1])),
        ])),
    ),
]);

static VISUAL_LAYOUT: Shape = Fields(&[
    optional("x", &Number),
    optional("y", &Number),
    optional("z", &Number),
    optional("width", &Number),
    optional("height", &Number),
    optional("displayState", &Fields(&[optional("mode", &OneOf(&[0, 1]))])),
]);
static CUSTOM_LAYOUT: Shape = Fields(&[
    optional(
        "pageSize",
        &Fields(&[required("type", &OneOf(&[0, 1, 2, 3, 4, 5]))]),
    ),
    optional("displayOption", &OneOf(&[0, 1, 2])),
    optional(
        "pagesLayout",
        &MapOf(&Fields(&[
            required("visualsLayout", &MapOf(&VISUAL_LAYOUT)),
            optional("defaultLayout", &VISUAL_LAYOUT),
        ])),
    ),
]);

static COMMAND: Shape = Fields(&[
    required("displayOption", &OneOf(&[0, 1, 2])),
    optional("selector", &SELECTOR),
]);
static COMMANDS: Shape = Fields(&[
    optional("copy", &COMMAND),
    optional("drill", &COMMAND),
    optional("drillthrough", &COMMAND),
    optional("expandCollapse", &COMMAND),
    optional("exportData", &COMMAND),
    optional("includeExclude", &COMMAND),
    optional("removeVisual", &COMMAND),
    optional("search", &COMMAND),
    optional("seeData", &COMMAND),
    optional("sort", &COMMAND),
    optional("spotlight", &COMMAND),
    optional("insightsAnalysis", &COMMAND).since(V22),
    optional("addComment", &COMMAND).since(V22),
    optional("groupVisualContainers", &COMMAND).since(V22),
    optional("summarize", &COMMAND).since(V22),
    optional("clearSelection", &COMMAND).since(V22),
]);

static REPORT_FILTERS: Shape = AnyOf(&[
    ListOf(&FILTER),
    Fields(&[optional("allPages", &ON_LOAD), optional("currentPage", &ON_LOAD)]),
]);
static ON_LOAD: Shape = AnyOf(&[
    Fields(&[
        required("operation", &OneOf(&[1, 2, 3])),
        required("filters", &ListOf(&FILTER)),
    ]),
    Fields(&[required("operation", &OneOf(&[0])), forbidden("filters")]),
]);
static FILTER: Shape = AnyOf(&[
    Fields(&[
        BASE[0],
        BASE[1],
        BASE[2],
        BASE[3],
        required("operator", &Text),
        required("values", &ListOf(&VALUE)),
        optional("filterType", &OneOf(&[1])),
        optional("requireSingleSelection", &Bool),
    ]),
    Fields(&[
        BASE[0],
        BASE[1],
        BASE[2],
        BASE[3],
        required("logicalOperator", &Text),
        optional(
            "conditions",
            &ListOf(&Fields(&[optional("value", &VALUE), required("operator", &Text)])),
        ),
        optional("filterType", &OneOf(&[0])),
    ]),
    Fields(&[
        BASE[0],
        BASE[1],
        BASE[2],
        BASE[3],
        required("isExclude", &Bool),
        required(
            "values",
            &ListOf(&AnyOf(&[
                Text,
                Number,
                Bool,
                Since(V24, &ListOf(&ListOf(&POINT_VALUE))),
            ])),
        ),
        optional("filterType", &OneOf(&[3])),
    ]),
    Fields(&[
        BASE[0],
        BASE[1],
        BASE[2],
        BASE[3],
        required("message", &Text),
        required("notSupportedTypeName", &Text),
        optional("filterType", &OneOf(&[2])),
    ]),
    Fields(&[
        BASE[0],
        BASE[1],
        BASE[2],
        BASE[3],
        RELATIVE[0],
        RELATIVE[1],
        required("includeToday", &Bool),
        required("timeUnitType", &OneOf(&[0, 1, 2, 3, 4, 5, 6])),
        optional("filterType", &OneOf(&[4])),
    ]),
    Fields(&[
        BASE[0],
        BASE[1],
        BASE[2],
        BASE[3],
        required("operator", &Text),
        required("itemCount", &Number),
        optional("filterType", &OneOf(&[5])),
        required("orderBy", &TARGET),
    ]),
    Fields(&[
        BASE[0],
        BASE[1],
        BASE[2],
        BASE[3],
        RELATIVE[0],
        RELATIVE[1],
        required("timeUnitType", &OneOf(&[7, 8])),
        optional("filterType", &OneOf(&[7])),
    ]),
    Since(V22, &HIERARCHY_FILTER),
]);
static HIERARCHY_FILTER: Shape = Fields(&[
    BASE[0],
    BASE[1],
    BASE[2],
    BASE[3],
    required("hierarchyData", &ListOf(&HIERARCHY_NODE)),
    optional("filterType", &OneOf(&[9])),
]);
/// What every filter has.
const BASE: [Field; 4] = [
    required("target", &TARGET),
    optional("$schema", &Text),
    optional("filterType", &OneOf(&[0, 1, 2, 3, 4, 5, 6, 7, 9])),
    optional(
        "displaySettings",
        &Fields(&[
            optional("isLockedInViewMode", &Bool),
            optional("isHiddenInViewMode", &Bool),
            optional("displayName", &Text),
        ]),
    ),
];
/// What filters by relative date and time have.
const RELATIVE: [Field; 2] = [
    required("operator", &OneOf(&[0, 1, 2])),
    optional("timeUnitsCount", &Number),
];
static VALUE: Shape = AnyOf(&[Text, Number, Bool]);
static POINT_VALUE: Shape = Fields(&[required("value", &VALUE), optional("keyValues", &ListOf(&VALUE))]);
static HIERARCHY_NODE: Shape = Fields(&[
    optional("value", &VALUE),
    optional("keyValues", &ListOf(&VALUE)),
    optional("children", &HIERARCHY_NODES),
    optional("operator", &Text),
]);
static HIERARCHY_NODES: Shape = ListOf(&HIERARCHY_NODE);
const COLUMN: Shape = Fields(&[required("table", &Text), required("column", &Text)]);
const MEASURE: Shape = Fields(&[required("table", &Text), required("measure", &Text)]);
const HIERARCHY: Shape = Fields(&[
    required("table", &Text),
    required("hierarchy", &Text),
    required("hierarchyLevel", &Text),
]);
static TARGET: Shape = AnyOf(&[COLUMN, HIERARCHY, MEASURE, Since(V22, &TARGETS)]);
static TARGETS: Shape = ListOf(&AnyOf(&[
    COLUMN,
    HIERARCHY,
    MEASURE,
    Since(V24, &ListOf(&AnyOf(&[COLUMN, HIERARCHY, MEASURE]))),
]));
